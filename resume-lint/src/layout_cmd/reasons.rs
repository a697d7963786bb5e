//! The pages of reason codes: what a change means for live state, and what to do.
//!
//! They stand in `reasons.md`, a `## code` each; a test keeps them complete.

use resume_core::layout::Reason;

const PAGES: &str = include_str!("reasons.md");

/// The text below the heading of `code`.
fn body(code: &str) -> Option<&'static str> {
    PAGES.split("\n## ").find_map(|page| {
        let (found, body) = page.trim_start_matches("## ").split_once('\n')?;
        (found == code).then(|| body.trim())
    })
}

/// The page for a terminal.
pub(super) fn page(code: &str) -> Option<String> {
    let reason = Reason::ALL.iter().find(|reason| reason.code() == code)?;
    Some(format!("{code}: {}\n\n{}\n", reason.meaning(), body(code)?))
}

/// One of the page's parts: `Live state`, `What to do`.
pub(super) fn part(reason: Reason, title: &str) -> Option<String> {
    let body = body(reason.code())?;
    let mut lines = body.lines().skip_while(|line| !line.starts_with(&format!("{title}:")));
    let first = lines.next()?.strip_prefix(title)?.strip_prefix(':')?.trim();
    let rest = lines.take_while(|line| !TITLES.iter().any(|t| line.starts_with(&format!("{t}:"))));
    Some(rest.fold(first.to_owned(), |text, line| text + " " + line.trim()))
}

const TITLES: [&str; 4] = ["Class", "Live state", "What to do", "Example"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_whole_page_and_every_page_a_reason() {
        for reason in Reason::ALL {
            for title in TITLES {
                let part = part(*reason, title);
                assert!(part.is_some_and(|part| part.len() > 3), "{}: {title}", reason.code());
            }
            assert!(page(reason.code()).is_some_and(|page| page.ends_with(".\n")), "{}", reason.code());
        }
        let headings: Vec<&str> = PAGES.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(headings, codes, "pages stand in the order of the reasons");
        assert!(PAGES.lines().all(|line| line.chars().count() <= 132));
    }
}
