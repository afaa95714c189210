//! An image file -> the rules for each binary, their source lines, and the size of the image.

mod code;
mod listing;
mod region;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_bpf_programs::image::Image;
use telovix_workspace::{read_file, shown};

pub(crate) use code::CODES;
pub(crate) use listing::{Listing, Rule, rules};

use super::Run;
use super::diff::compiled::image_of;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::text::plural;
use crate::output::{Format, FormatArgument, Streams, json};
use code::{IMAGE_INVALID, UNREADABLE_IMAGE};
use listing::Domain;

/// List the rules in a compiled image: which binaries they confine, and the policy line each one comes from.
///
/// The image is verified first: every digest and every reference inside it. The text output shortens long lists;
/// `--format json` prints all of their members.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix inspect compiled-policies
  telovix inspect compiled-policies/policy.image --format json | jq '.rules[].source'")]
pub(crate) struct Arguments {
    /// The image file, or an output folder of `telovix compile`.
    image: PathBuf,
    #[command(flatten)]
    format: FormatArgument,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let file = if self.image.is_dir() { in_folder(&self.image)? } else { self.image.clone() };
        let image = open(&file)?;
        let listing = Listing::of(&image).map_err(|what| {
            let message = format!("`{}` cannot be listed: {what}", shown(&self.image));
            Failure::new(Exit::CannotRun, &IMAGE_INVALID, message)
        })?;
        match self.format.chosen {
            Format::Json => json::print(&listing, &mut streams.data)?,
            Format::Text => write(&listing, &mut streams.data)?,
        }
        Ok(Exit::Clean)
    }
}

/// Returns the image in an output folder of `telovix compile`.
fn in_folder(folder: &Path) -> Result<PathBuf, Failure> {
    image_of(folder)?.ok_or_else(|| {
        let message =
            format!("no image in `{}`: it is not an output folder of `telovix compile`", shown(folder));
        let failure = Failure::new(Exit::CannotRun, &UNREADABLE_IMAGE, message);
        failure.help("name an image, or the output folder of `telovix compile`")
    })
}

/// Reads and verifies an image file.
pub(crate) fn open(path: &Path) -> Result<Image, Failure> {
    let bytes = read_file(path).map_err(|error| {
        let message = format!("cannot read the image `{}`: {error}", shown(path));
        Failure::new(Exit::CannotRun, &UNREADABLE_IMAGE, message)
    })?;
    Image::read(&bytes).map_err(|error| invalid(path, &error.to_string()))
}

/// Returns the failure for an invalid image.
pub(crate) fn invalid(path: &std::path::Path, problem: &str) -> Failure {
    let message = format!("`{}`: {problem}", shown(path));
    let failure = Failure::new(Exit::CannotRun, &IMAGE_INVALID, message);
    failure.help("run `telovix compile` again; an image cannot be repaired")
}

fn write(listing: &Listing, out: &mut dyn Write) -> io::Result<()> {
    let (rules, domains) = (listing.rules.len(), listing.domains.len());
    writeln!(out, "layout {}, policy {}", listing.layout_version, listing.digest)?;
    let bytes = plural(listing.kernel_bytes, "byte");
    writeln!(out, "{}, {}, {bytes} in the kernel", plural(rules, "rule"), plural(domains, "domain"))?;
    for section in listing.sections.iter().filter(|section| section.records > 0) {
        writeln!(out, "  {:<24} {:>8} records {:>10} bytes", section.name, section.records, section.bytes)?;
    }
    for domain in &listing.domains {
        writeln!(out)?;
        write_domain(domain, &listing.rules, out)?;
    }
    Ok(())
}

fn write_domain(domain: &Domain, rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "domain {}: {}", domain.domain, domain.executables.join(", "))?;
    if domain.inherits != 0 {
        writeln!(out, "  child processes stay in domain {}", domain.inherits)?;
    }
    for named in &domain.names {
        let Some(rule) = rules.get(named.rule as usize) else { continue };
        let (kind, name, id) = (&rule.document.kind, &rule.document.name, &rule.document.id);
        writeln!(out, "  {} {}: {}", rule.effect, rule.operation, named.events)?;
        writeln!(
            out,
            "      rule {}, {kind} `{name}` ({id}), {}, {}",
            rule.rule, rule.dimension, rule.source
        )?;
    }
    Ok(())
}
