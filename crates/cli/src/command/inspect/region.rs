//! The events that a confinement matches -> text and JSON.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;
use telovix_image::patterns;
use telovix_policy::confine::{PathSet, PortSet, Region};
use telovix_policy::value::address_at;

/// The most members of a list that the text output shows.
const SHOWN: usize = 6;

/// The events, as alternatives.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Events(Vec<Part>);

/// One alternative: a list, or everything but a list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Part {
    /// The file access; empty if any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    access: Vec<&'static str>,
    /// Whether everything matches that is in neither list.
    everything: bool,
    /// What matches.
    named: Vec<String>,
    /// What does not match.
    spared: Vec<String>,
}

impl Events {
    /// Describes a region.
    pub(super) fn of(region: &Region) -> Self {
        Self(match region {
            Region::Whole(all) => vec![Part::list(*all, Vec::new(), Vec::new())],
            Region::Exec { paths, anonymous } => {
                let mut part = Part::paths(paths);
                let list = if *anonymous { &mut part.named } else { &mut part.spared };
                list.push("anonymous memory".to_owned());
                vec![part]
            }
            Region::Open(opens) => {
                let parts = opens.parts().map(|(accesses, paths)| Part {
                    access: accesses.iter().map(telovix_policy::confine::Access::name).collect(),
                    ..Part::paths(paths)
                });
                parts.collect()
            }
            Region::Connect(set) => {
                let spared = |ports: &PortSet| ports.is_empty();
                let parts: Vec<_> = set.parts().collect();
                let texts = |inside: bool| {
                    let parts = parts.iter().filter(move |(_, _, ports)| spared(ports) != inside);
                    parts.map(|(first, last, ports)| endpoint(*first, *last, ports)).collect()
                };
                vec![Part::list(false, texts(true), texts(false))]
            }
            Region::Capability(set) => {
                vec![Part::list(false, set.iter().map(|one| one.to_string()).collect(), Vec::new())]
            }
            Region::Syscall(set) => {
                vec![Part::list(false, set.iter().map(|one| one.name().to_owned()).collect(), Vec::new())]
            }
            Region::Socket(_) => vec![Part::list(true, Vec::new(), Vec::new())],
        })
    }
}

impl Part {
    fn list(everything: bool, named: Vec<String>, spared: Vec<String>) -> Self {
        Self { access: Vec::new(), everything, named, spared }
    }

    fn paths(paths: &PathSet) -> Self {
        let (everything, prefixes) = paths.prefixes();
        let (inside, outside): (Vec<_>, Vec<_>) = prefixes.partition(|(_, inside)| *inside);
        let texts = |list: Vec<(&[u8], bool)>| {
            patterns(&list.into_iter().map(|(prefix, _)| prefix.to_vec()).collect::<Vec<_>>())
        };
        Self::list(everything, texts(inside), texts(outside))
    }
}

/// Describes a range of addresses and its matching ports.
fn endpoint(first: u128, last: u128, ports: &PortSet) -> String {
    let address = |number: u128| -> IpAddr { address_at(number) };
    let run = if (first, last) == (0, u128::MAX) {
        "every address".to_owned()
    } else if first == last {
        address(first).to_string()
    } else {
        format!("{}-{}", address(first), address(last))
    };
    let whole = [(0, u16::MAX)];
    if ports.is_empty() || ports.ranges() == whole {
        return run;
    }
    let ranges = ports.ranges().iter();
    let ranges =
        ranges.map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
    format!("{run} port {}", ranges.collect::<Vec<_>>().join(","))
}

impl fmt::Display for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("; ")?;
            }
            if !part.access.is_empty() {
                write!(formatter, "{}: ", part.access.join(", "))?;
            }
            match (part.everything, part.spared.as_slice()) {
                (true, []) => formatter.write_str("all")?,
                (true, spared) => write!(formatter, "all but {}", shortened(spared))?,
                (false, _) => formatter.write_str(&shortened(&part.named))?,
            }
            if part.everything && !part.named.is_empty() {
                write!(formatter, ", and {}", shortened(&part.named))?;
            }
        }
        Ok(())
    }
}

fn shortened(list: &[String]) -> String {
    let shown = list.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match list.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
