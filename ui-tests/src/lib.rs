//! Compile-pass and compile-fail tests of the derive.
#![forbid(unsafe_code)]
