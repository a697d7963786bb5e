//! Comments, suppressions and items of small files.

use super::*;

fn read(text: &str) -> Source {
    let mut source = Source::default();
    let module = Module { file: "lib.rs".to_owned(), path: Vec::new(), owns_dir: true };
    source.file(Path::new("."), &module, text);
    source
}

#[test]
fn only_real_comments_are_comments() {
    let text = "let a = \"// no\"; // yes\nlet b = r#\"\" // no\"#;\nlet c = '\"'; // two\n/* // no */ /// doc\nlet d = 'a: loop {}; // three\n";
    let found: Vec<&str> = comments::line_comments(text).iter().map(|comment| comment.text).collect();
    assert_eq!(found, ["yes", "two", "three"]);
}

#[test]
fn a_suppression_covers_the_whole_statement_below_it() {
    let source = read(
        "fn f() {\n    // resume-lint: allow(x, reason = \"why, (really)\")\n    let a = g(\n        1,\n    );\n    g(2);\n}\n",
    );
    let [suppression] = source.suppressions.as_slice() else { panic!("{source:?}") };
    assert_eq!((suppression.covers, suppression.reason.as_str()), ((3, 5), "why, (really)"));
}

#[test]
fn a_suppression_above_an_item_covers_it_with_documentation_and_attributes() {
    let source = read("// resume-lint: allow(x, reason = \"why\")\n/// Text.\n#[inline]\nfn f() {\n}\n");
    assert_eq!(source.suppressions[0].covers, (2, 5));
}

#[test]
fn a_suppression_without_a_reason_is_an_error() {
    for text in [
        "allow(x)",
        "allow(x, reason = \"\")",
        "allow(x, because = \"y\")",
        "deny(x)",
        "allow(x, reason = y)",
    ] {
        let source = read(&format!("// resume-lint: {text}\nfn f() {{}}\n"));
        assert!(source.suppressions.is_empty(), "{text}");
        assert_eq!(source.suppression_errors.len(), 1, "{text}");
    }
}

#[test]
fn state_types_are_found_under_any_name_of_the_trait() {
    let source = read(
        "use a::ShmSafe as Safe;\n#[derive(Clone, Safe)] struct A;\nmod m { #[derive(b::ShmSafe)] enum B {} }\n\
         unsafe impl a::ShmSafe for crate::m::C {}\nstruct D;\nunsafe impl<T> Safe for D {}\n#[derive(Clone)] struct E;\n",
    );
    let found: Vec<&str> = source.state_types.iter().map(String::as_str).collect();
    assert_eq!(found, ["A", "D", "m::B", "m::C"]);
}

#[test]
fn exports_are_found_with_their_new_names() {
    let source = read("pub use a::b::C as D;\npub use e::{self, F};\nmod m { pub use g::*; }\nuse h::I;\n");
    let found: Vec<(&str, &str)> =
        source.exports.iter().map(|(name, of)| (name.as_str(), of.as_str())).collect();
    assert_eq!(found, [("D", "a::b::C"), ("F", "e::F"), ("e", "e"), ("m::*", "g")]);
}
