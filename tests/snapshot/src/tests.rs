//! A difference fails, rewriting gives exactly the bytes that were produced.

use super::*;

fn verify() -> Assert {
    Assert::new().action(Action::Verify)
}

fn overwrite() -> Assert {
    Assert::new().action(Action::Overwrite)
}

#[test]
fn any_other_byte_is_a_difference_and_rewriting_ends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/case.expected");
    let texts = [
        "a\nb\n",
        "a\nb",
        "a\r\nb\r\n",
        "a\n[..]\n",
        "a\n...\n",
        "a\\b\n",
        "a/b\n",
        "a \n",
        "",
        "\u{1b}[31m\n",
    ];
    for text in texts {
        assert!(compare_with(&verify(), &path, text).is_err(), "{text:?} is new");
        compare_with(&overwrite(), &path, text).expect("a writable folder");
        assert_eq!(fs::read(&path).expect("it was written"), text.as_bytes());
        compare_with(&verify(), &path, text).expect("the same text");
        for other in texts.iter().filter(|other| **other != text) {
            assert!(compare_with(&verify(), &path, other).is_err(), "{text:?} is expected, not {other:?}");
        }
    }
}

#[test]
fn a_difference_shows_the_lines_and_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.expected");
    fs::write(&path, "same\nold\n").expect("a writable folder");
    let difference = compare_with(&verify(), &path, "same\nnew\n").expect_err("another text").to_string();
    for part in ["case.expected", "old", "new", "produced"] {
        assert!(difference.contains(part), "{part} in {difference}");
    }
}

#[test]
fn a_file_that_is_no_longer_produced_is_a_difference_and_rewriting_removes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (kept, stale) = (folder.path().join("kept"), folder.path().join("stale"));
    fs::write(&kept, "").expect("a writable folder");
    fs::write(&stale, "").expect("a writable folder");
    let existing = BTreeSet::from([kept.clone(), stale.clone()]);
    let produced = BTreeMap::from([(kept.clone(), String::new())]);
    assert_eq!(differences(&verify(), &existing, &produced).len(), 1);
    assert!(stale.exists());
    assert_eq!(differences(&overwrite(), &existing, &produced).len(), 0);
    assert!(kept.exists() && !stale.exists());
}
