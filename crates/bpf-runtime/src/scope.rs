//! The identity of this host -> which confinements are enforced here.

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::Section;

/// The sensor id and the groups of this host. A confinement with another scope has no effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Its sensor id.
    pub sensor: Option<String>,
    /// Groups it belongs to.
    pub groups: Vec<String>,
}

impl Scope {
    /// Returns whether the scope with this number in the image includes this host. Scope 0 is the whole fleet.
    pub(crate) fn includes(&self, image: &Image, number: u16) -> bool {
        let offset = image.record::<u32>(Section::Scopes, u32::from(number));
        let Some(text) = offset.and_then(|offset| image.string(offset)) else {
            return false;
        };
        match text.split_once(':') {
            _ if text.is_empty() => true,
            Some(("sensor", name)) => self.sensor.as_deref() == Some(name),
            Some(("group", name)) => self.groups.iter().any(|group| group == name),
            _ => false,
        }
    }
}
