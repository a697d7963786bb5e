//! The parser on pieces of real MIR text, and on text that it must refuse.

use super::*;

const BODY: &str = r#"
fn cond(_1: bool, _2: Res<'_>, _3: &mut E) -> std::option::Option<u32> {
    debug r => _2;                       // in scope 0 at src/a.rs:9:22: 9:23
    let mut _0: std::option::Option<u32>; // return place in scope 0 at src/a.rs:9:48: 9:59
    let mut _4: std::vec::Vec<u32>;      // in scope 0 at src/a.rs:10:9: 10:14
    scope 1 {
        debug v => _4;                   // in scope 1 at src/a.rs:10:9: 10:14
    }

    bb0: {
        _4 = std::vec::Vec::<u32>::new() -> [return: bb1, unwind: bb3]; // scope 0 at src/a.rs:10:17: 10:27
                                         // mir::ConstOperand
                                         // + span: src/a.rs:10:17: 10:25
    }

    bb1: {
        switchInt(copy _1) -> [0: bb2, otherwise: bb2]; // scope 1 at src/a.rs:11:8: 11:9
    }

    bb2: {
        _0 = std::option::Option::<u32>::Some(const 3_u32); // scope 1 at src/a.rs:12:8: 12:9
        return;                          // scope 0 at src/a.rs:15:2: 15:2
    }

    bb3 (cleanup): {
        resume;                          // scope 0 at no-location
    }
}
"#;

/// A body whose only statement is `line`.
fn with_line(line: &str) -> String {
    format!(
        "fn f(_1: T) -> () {{\n    let mut _0: ();  // return place in scope 0 at a.rs:1:1: 1:2\n    let mut _2: u32; // in scope 0 at \
         a.rs:1:1: 1:2\n\n    bb0: {{\n        {line} // scope 0 at a.rs:1:1: 1:2\n        return; // scope 0 at a.rs:1:1: 1:2\n    \
         }}\n}}\n"
    )
}

fn value_of(line: &str) -> Rvalue {
    let bodies = parse(&with_line(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
    match &bodies[0].blocks[0].statements[0].kind {
        StatementKind::Assign(_, value) => value.clone(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_body_is_read_with_its_arguments_locals_blocks_and_spans() {
    let bodies = parse(BODY).unwrap();
    let [body] = bodies.as_slice() else { panic!("{bodies:?}") };
    assert_eq!((body.path.as_str(), body.args, body.blocks.len()), ("cond", 3, 4));
    assert_eq!(body.name_of(2), Some("r"));
    assert_eq!(body.locals[4].ty.path(), Some("std::vec::Vec"));
    assert!(body.blocks[3].cleanup);
    let TerminatorKind::Call(call) = &body.blocks[0].terminator.kind else { panic!("a call") };
    assert_eq!((call.target, call.unwind), (Some(1), Some(3)));
    let span = body.blocks[0].terminator.span.clone().unwrap();
    assert_eq!((&*span.file, span.lo, span.hi), ("src/a.rs", (10, 17), (10, 27)));
    assert_eq!(body.blocks[3].terminator.span, None);
}

#[test]
fn right_hand_sides_are_told_apart() {
    let local = |number| Operand::Copy(Place::local(number));
    assert_eq!(value_of("_2 = copy _1;"), Rvalue::Use(local(1)));
    assert_eq!(
        value_of("_2 = Add(copy _1, const 1_u32);"),
        Rvalue::Binary { op: "Add".into(), left: local(1), right: Operand::Const("1_u32".into()) }
    );
    assert_eq!(value_of("_2 = discriminant((*_1));"), {
        Rvalue::Discriminant(Place { local: 1, proj: vec![Proj::Deref] })
    });
    let cast = value_of("_2 = copy _1 as usize (PointerExposeProvenance);");
    assert!(matches!(cast, Rvalue::Cast { kind, .. } if kind == "PointerExposeProvenance"));
    let reify =
        value_of("_2 = f as for<'a> fn(&'a u8) -> u8 (PointerCoercion(ReifyFnPointer(Safe), AsCast));");
    assert!(
        matches!(reify, Rvalue::Cast { operand: Operand::Const(path), ty: Ty::FnPtr, .. } if path == "f")
    );
    let adt = value_of("_2 = a::B::<C> { x: move _1, y: const \"a, b } ; // (\" };");
    assert!(matches!(adt, Rvalue::Aggregate { operands, .. } if operands.len() == 2));
    let closure = value_of("_2 = {closure@src/a.rs:18:59: 18:66} { x: move _1 };");
    assert!(matches!(closure, Rvalue::Aggregate { kind: AggregateKind::Closure(_), .. }));
    assert!(matches!(value_of("_2 = [const 0_u8; 4];"), Rvalue::Repeat(_)));
    assert!(matches!(value_of("_2 = &raw const (fake) (*_1);"), Rvalue::Ref { mutable: false, .. }));
    assert!(matches!(value_of("_2 = copy (_1.0: fn(u8) -> u8)[1 of 3];"), Rvalue::Use(_)));
}

#[test]
fn an_operator_and_a_struct_of_its_name_are_told_apart_by_the_destination() {
    let text = with_line("_2 = Not(copy _1);");
    let operator = parse(&text).unwrap();
    let aggregate = parse(&text.replace("_2: u32", "_2: Not")).unwrap();
    let value = |bodies: &[Body]| match &bodies[0].blocks[0].statements[0].kind {
        StatementKind::Assign(_, value) => value.clone(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(value(&operator), Rvalue::Unary { .. }));
    assert!(matches!(value(&aggregate), Rvalue::Aggregate { .. }));
}

#[test]
fn a_call_that_does_not_return_has_only_an_unwind_edge() {
    let text = BODY.replace("[return: bb1, unwind: bb3]", "bb3");
    let bodies = parse(&text).unwrap();
    let TerminatorKind::Call(call) = &bodies[0].blocks[0].terminator.kind else { panic!("a call") };
    assert_eq!((call.target, call.unwind), (None, Some(3)));
}

#[test]
fn assembly_with_line_breaks_in_its_template_is_one_terminator() {
    let text = BODY.replace(
        "resume;                          // scope 0 at no-location",
        "asm!(\"syscall\nud2\", in(\"ax\") move _1, lateout(\"cx\") _, options(NORETURN | NOSTACK)) -> unwind unreachable; // scope 0 at \
         a.rs:1:1: 2:2",
    );
    let bodies = parse(&text).unwrap();
    assert!(matches!(bodies[0].blocks[3].terminator.kind, TerminatorKind::Asm { .. }));
}

#[test]
fn types_are_read_whole() {
    for text in [
        "&'a mut [u8]",
        "*const dyn for<'a> Fn(&'a T) -> U + Send + 'static",
        "(&str, [T; N], !)",
        "for<'a> unsafe extern \"C\" fn(&'a u8, ...) -> *mut u8",
        "fn(u32) -> u32 {a::f::<T>}",
        "<T as std::iter::Iterator>::Item",
        "std::boxed::Box<dyn a::Tr<Item = u8, Other<'a> = u16>>",
        "impl std::future::Future<Output = u32> + ?Sized",
        "{async fn body of other()}",
        "a::B<'_, 3, { N + 1 }, true, 'x', _>",
        "a::<impl b::C for D>::E",
    ] {
        let mut c = cursor::Cursor::new(text);
        ty::ty(&mut c).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert!(c.is_done(), "{text}: left {}", c.rest());
    }
}

#[test]
fn what_is_not_known_is_an_error_with_its_line() {
    for line in [
        "_2 = frobnicate copy _1;",
        "_2 = Frob(copy _1);extra",
        "Frobnicate(_1);",
        "_2 = copy _1",
        "_2 = copy (_1 as );",
        "_2 = copy _1 as usize;",
        "drop(_1) -> [return: bb0, unwind sideways];",
        "asm!(\"nop\", frob(reg) _1) -> unwind unreachable;",
    ] {
        // A struct may have any name: what looks like one is fine, what follows it is not.
        let error = parse(&with_line(line)).expect_err(line);
        assert_eq!(error.line, 6, "{line}: {error}");
        assert!(error.to_string().starts_with("this rustc's MIR is not understood (line 6)"), "{error}");
    }
    assert!(parse("frob f() {\n}\n").is_err());
    assert!(parse("fn f() -> () {\n}\n").is_err(), "a body without blocks");
    assert!(parse("alloc1 (size: 1, align: 1) {\n    frob\n}\n").is_err());
}

#[test]
fn text_cut_anywhere_is_refused_or_ends_between_items() {
    for end in (0..BODY.len()).filter(|end| BODY.is_char_boundary(*end)) {
        let whole = BODY[..end].trim().is_empty() || BODY[end..].trim().is_empty();
        assert_eq!(parse(&BODY[..end]).is_ok(), whole, "cut at {end}: {:?}", &BODY[..end]);
    }
}

#[test]
fn text_with_any_byte_replaced_does_not_panic() {
    for at in 0..BODY.len() {
        for byte in ["(", ")", "<", "\"", "'", "{", "_", " ", "é"] {
            let text = format!("{}{byte}{}", &BODY[..at], &BODY[at + 1..]);
            // Some changes are still MIR; none may panic or hang.
            let _ = parse(&text);
        }
    }
}

/// Reads MIR that was printed elsewhere: `RESUME_MIR_CORPUS=dir cargo test -p resume-lint corpus -- --ignored`.
#[test]
#[ignore = "needs a directory of *.mir files"]
fn a_corpus_is_understood() {
    let dir = std::env::var_os("RESUME_MIR_CORPUS").expect("RESUME_MIR_CORPUS names a directory");
    let mut bodies = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "mir") {
            let text = std::fs::read_to_string(&path).unwrap();
            bodies += parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len();
        }
    }
    assert!(bodies > 0);
}
