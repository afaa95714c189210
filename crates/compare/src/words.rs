//! A set of events of one operation -> readable text, one line for each part of the set.

use telovix_image::patterns;
use telovix_policy::confine::{Access, PathSet, PortSet, Region, SocketType};
use telovix_policy::value::address_at;

/// Returns a line for each part: a path pattern, `not` before an exclusion, addresses with ports, a name,
/// `everything else`.
pub(super) fn words(region: &Region) -> Vec<String> {
    match region {
        Region::Whole(all) => all.then(|| "yes".to_owned()).into_iter().collect(),
        Region::Exec { paths, anonymous } => {
            let memory = anonymous.then(|| "anonymous memory".to_owned());
            paths_in_words(paths, "").into_iter().chain(memory).collect()
        }
        Region::Open(opens) => {
            let parts = opens.parts().map(|(accesses, paths)| {
                let words: Vec<_> = accesses.iter().map(Access::name).collect();
                paths_in_words(paths, &format!("{}: ", words.join("+")))
            });
            parts.flatten().collect()
        }
        Region::Connect(set) => {
            let parts = set.parts().filter(|(_, _, ports)| !ports.is_empty());
            parts.map(|(first, last, ports)| endpoints(first, last, ports)).collect()
        }
        Region::Capability(set) => set.iter().map(|capability| capability.to_string()).collect(),
        Region::Syscall(set) => set.iter().map(|syscall| syscall.name().to_owned()).collect(),
        Region::Socket(set) => {
            let (families, others) = set.families();
            let words = |types: Vec<SocketType>| {
                types.into_iter().map(SocketType::name).collect::<Vec<_>>().join(", ")
            };
            let listed = families.map(|(family, types)| format!("family {family}: {}", words(types)));
            listed.chain([format!("every other family: {}", words(others))]).collect()
        }
    }
}

fn endpoints(first: u128, last: u128, ports: &PortSet) -> String {
    let addresses = match (address_at(first), address_at(last)) {
        _ if (first, last) == (0, u128::MAX) => "every address".to_owned(),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first} to {last}"),
    };
    let range = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let ranges: Vec<_> = ports.ranges().iter().map(range).collect();
    if ports.ranges() == [(0, u16::MAX)] {
        addresses
    } else {
        format!("{addresses} port {}", ranges.join(", "))
    }
}

fn paths_in_words(paths: &PathSet, before: &str) -> Vec<String> {
    let (everywhere, prefixes) = paths.prefixes();
    let (inside, outside): (Vec<_>, Vec<_>) = prefixes.partition(|(_, inside)| *inside);
    let texts = |list: Vec<(&[u8], bool)>| {
        patterns(&list.into_iter().map(|(prefix, _)| prefix.to_vec()).collect::<Vec<_>>())
    };
    let listed = texts(inside).into_iter().map(|pattern| format!("{before}{pattern}"));
    let spared = texts(outside).into_iter().map(|pattern| format!("{before}not {pattern}"));
    let rest = everywhere.then(|| format!("{before}everything else"));
    listed.chain(spared).chain(rest).collect()
}
