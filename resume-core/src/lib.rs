//! The runtime of the resume-safety toolkit.
