//! Policy text -> an image, by the compiler itself.

use anyhow::bail;
use telovix_bpf_programs::image::Image;
use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Severity, Sink};
use telovix_policy::confine::Confinement;
use telovix_policy::value::Date;

/// The image that confines nothing.
pub(crate) fn nothing() -> anyhow::Result<Image> {
    let (sources, mut sink) = (SourceSet::new([]), Sink::new(Levels::default()));
    match telovix_image::pack(&[], &sources, &mut sink) {
        Some(image) => Ok(image),
        None => bail!("{:?}", sink.into_sorted()),
    }
}

/// Compiles one text.
pub(crate) fn image(name: &str, text: &str) -> anyhow::Result<Image> {
    confinements_and_image(name, text).map(|(_, image)| image)
}

/// Compiles one text, and keeps what it was compiled from.
pub(crate) fn confinements_and_image(name: &str, text: &str) -> anyhow::Result<(Vec<Confinement>, Image)> {
    let sources = SourceSet::single(&format!("{name}.yaml"), text);
    let Ok(as_of) = Date::parse("2026-11-21") else { bail!("a date") };
    let options = Options { targets: Vec::new(), ..Options::on(as_of) };
    let analysis = analyse(&sources, &options);
    if let Some(error) = analysis.diagnostics.iter().find(|found| found.severity == Severity::Error) {
        bail!("{}: {}", error.code.id, error.message);
    }
    let mut sink = Sink::new(Levels::default());
    let confinements = analysis.policy.enforced_natively();
    match telovix_image::pack(&confinements, &sources, &mut sink) {
        Some(image) => Ok((confinements.into_owned(), image)),
        None => bail!("{:?}", sink.into_sorted()),
    }
}
