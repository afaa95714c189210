//! Names of one folder, some of them new all the time -> the beginnings that the new ones share.

/// New names that make a pattern.
pub(super) const FEW: usize = 3;
/// Different next characters after which names look random.
const RANDOM: usize = 4;
/// Beginnings made of a folder that must not be opened as a whole.
const MOST: usize = 40;

/// A name in a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'name> {
    pub(super) text: &'name str,
    /// Whether it is one of those that are new all the time.
    pub(super) new: bool,
}

/// Returns the beginnings that at least [`FEW`] new names share; the empty one stands for the whole folder. Of
/// beginnings that are not allowed, longer ones are made; without those, none.
pub(super) fn heads(names: &[Name<'_>], allowed: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    collect(names, 0, allowed, &mut found);
    if found.len() > MOST { Vec::new() } else { found }
}

fn collect(names: &[Name<'_>], at: usize, allowed: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    let new = |names: &[Name<'_>]| names.iter().filter(|name| name.new).count();
    if new(names) < FEW || found.len() > MOST {
        return;
    }
    let branches = branches(names, at);
    if let [(Some(letter), only)] = branches.as_slice() {
        return collect(only, at + letter.len_utf8(), allowed, found);
    }
    let marked: Vec<_> = branches.iter().filter(|(_, names)| new(names) > 0).collect();
    let few: usize = marked.iter().map(|(_, names)| new(names)).filter(|new| *new < FEW).sum();
    let head = names.first().and_then(|name| name.text.get(..at)).unwrap_or_default();
    let is_digit = |branch: &&Branch<'_, '_>| branch.0.is_some_and(|letter| letter.is_ascii_digit());
    let digits = branches.iter().filter(is_digit).count();
    let numbered: usize = branches.iter().filter(is_digit).map(|(_, names)| new(names)).sum();
    let random = marked.len() >= RANDOM || (digits > 1 && numbered >= FEW) || few >= FEW;
    if random && let Some(head) = whole(head, digits > 0, allowed) {
        found.push(head.to_owned());
        return;
    }
    for (letter, names) in marked {
        let Some(letter) = letter else { continue };
        let end = at + letter.len_utf8();
        let longer = names.first().and_then(|name| name.text.get(..end)).unwrap_or_default();
        // One character more, because the whole is not allowed.
        if random && allowed(longer) {
            found.push(longer.to_owned());
        } else {
            collect(names, end, allowed, found);
        }
    }
}

/// Returns the beginning for all of some names, if it is allowed. The first digits of a number are no beginning: the next
/// number has others. A single dot cannot be written as a prefix, so the folder is opened.
fn whole<'head>(head: &'head str, in_number: bool, allowed: &dyn Fn(&str) -> bool) -> Option<&'head str> {
    let literal = head.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let shorter = Some(literal).filter(|literal| in_number && *literal != head && allowed(literal));
    let folder = || Some("").filter(|_| head == "." && allowed(""));
    shorter.or_else(|| Some(head).filter(|head| allowed(head))).or_else(folder)
}

/// Names that continue with the same character.
type Branch<'slice, 'name> = (Option<char>, &'slice [Name<'name>]);

/// Returns the names by their next character; none for a name that ends.
fn branches<'slice, 'name>(names: &'slice [Name<'name>], at: usize) -> Vec<Branch<'slice, 'name>> {
    let chunks = names.chunk_by(|left, right| letter(left, at) == letter(right, at));
    chunks.filter_map(|chunk| Some((letter(chunk.first()?, at), chunk))).collect()
}

fn letter(name: &Name<'_>, at: usize) -> Option<char> {
    name.text.get(at..)?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::{Name, heads};

    fn of(names: &[&str], stable: &[&str], allowed: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut all: Vec<Name<'_>> = names.iter().map(|text| Name { text, new: true }).collect();
        all.extend(stable.iter().map(|text| Name { text, new: false }));
        all.sort_by_key(|name| name.text);
        heads(&all, allowed)
    }

    #[test]
    fn new_names_share_a_beginning() {
        let any = |_: &str| true;
        assert_eq!(of(&["cc1xYz.s", "ccAb1x.o", "ccQqqq.s"], &["config"], &any), ["cc"]);
        assert_eq!(of(&["seg-1", "seg-2", "seg-9"], &["state", "log"], &any), ["seg-"]);
        assert_eq!(of(&["a1", "b2", "c3", "d4"], &[], &any), [""]);
        assert_eq!(of(&["a1", "b2"], &[], &any), [""; 0]);
        assert_eq!(of(&["seg-471", "seg-472", "seg-499"], &[], &any), ["seg-"]);
        assert_eq!(of(&["f-6-1", "f-6-2", "f-6-3"], &["f-3-1", "f-3-2", "log"], &any), ["f-"]);
        assert_eq!(of(&[".aX", ".bY", ".cZ", ".dX"], &["state"], &|head| head != "."), [""]);
        let two = ["in-1", "in-2", "in-3", "out-1", "out-2", "out-3"];
        assert_eq!(of(&two, &[], &any), ["in-", "out-"]);
    }

    #[test]
    fn longer_beginnings_replace_one_that_is_not_allowed() {
        let hex: Vec<String> = (0..64).map(|number| format!("{number:02x}")).collect();
        let hex: Vec<&str> = hex.iter().map(String::as_str).collect();
        assert_eq!(of(&hex, &[], &|head| !head.is_empty()), ["0", "1", "2", "3"]);
        assert_eq!(of(&["é1", "ü2", "ö3", "ä4"], &[], &|head| !head.is_empty()), ["ä", "é", "ö", "ü"]);
    }
}
