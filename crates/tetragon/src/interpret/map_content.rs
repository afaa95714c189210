//! A filter -> what it writes to the maps that kprobes and uprobes share under multi links.
//!
//! Numbers, IPv4 addresses, IPv6 addresses and substrings have separate maps. Two filters that are written differently may
//! write the same: `10.0.0.1` and `10.0.0.1/32`, or `1:3` and the three numbers. The operator is not in a map.

use super::destination::{AddressSet, Numbers};
use super::number_set::NumberSet;
use super::process::sorted;
use crate::{ArgumentFilter, ArgumentType, Operator};

/// What a filter writes, each in a form that is equal for equal maps. Nothing is written without values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MapContent {
    /// Numbers, ports, protocols, families and states.
    pub(crate) numbers: Option<String>,
    /// IPv4 addresses.
    pub(crate) addresses4: Option<String>,
    /// IPv6 addresses.
    pub(crate) addresses6: Option<String>,
    /// Substrings.
    pub(crate) substrings: Option<String>,
}

/// Returns what a filter writes; none if its operator uses no shared map.
pub(crate) fn map_content(filter: &ArgumentFilter<'_>) -> Option<MapContent> {
    use Operator as O;
    let values = || filter.values.iter().map(|value| value.value.as_ref());
    let written = |set: Option<String>| {
        (!filter.values.is_empty()).then(|| set.unwrap_or_else(|| format!("{:?}", sorted(&filter.values))))
    };
    let none = MapContent::default();
    Some(match filter.operator.value {
        O::InMap | O::NotInMap => {
            let set = NumberSet::read(filter.operator.value, ArgumentType::Int64, &values());
            MapContent { numbers: written(set.map(|set| format!("{:?}", set.joined()))), ..none }
        }
        O::SPort | O::NotSPort | O::DPort | O::NotDPort => {
            let set = Numbers::read(values(), |_| None);
            MapContent { numbers: written(set.map(|set| format!("{set:?}"))), ..none }
        }
        O::Protocol | O::Family | O::State => MapContent { numbers: written(None), ..none },
        O::SAddr | O::NotSAddr | O::DAddr | O::NotDAddr => {
            let one = |wanted: fn(&str) -> bool| {
                let values: Vec<&str> = values().filter(|text| wanted(text)).collect();
                let set = AddressSet::read(values.iter().copied());
                let text = set.map_or_else(|| format!("{values:?}"), |set| format!("{set:?}"));
                (!values.is_empty()).then_some(text)
            };
            let (addresses4, addresses6) = (one(|text| !text.contains(':')), one(|text| text.contains(':')));
            MapContent { addresses4, addresses6, ..none }
        }
        O::SubString | O::SubStringIgnoreCase => MapContent { substrings: written(None), ..none },
        _ => return None,
    })
}
