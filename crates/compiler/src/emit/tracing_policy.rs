//! Confinements -> TracingPolicy YAML: one file for each document and section, validated before it is written.
//!
//! | document | files |
//! |---|---|
//! | profile | `guardian-profile-{profile_id}-{mode}.yaml`, `.network.yaml` and `.syscalls.yaml` |
//! | rule | `telovix-rule-{template}-{id}.yaml` and `.syscalls.yaml` |
//! | guard | `runtime-guard-{process}.yaml`, `.network.yaml` and `.syscalls.yaml` |
//! | custom rule, TracingPolicy | `{metadata.name}.yaml`; with a namespace, `{namespace}_{metadata.name}.yaml` |
//! | several of one scope, at a hook where not all fit | `telovix-shared-{hook}.yaml` |
//!
//! Files of a pack are below `{pack_id}/{version}/`. A confinement that Tetragon cannot express is an error at its
//! line; one that it covers only partly is written as far as possible, and `assessment` reports the rest.

mod assemble;
mod budget;
mod codes;
mod consequence;
mod cover;
mod custom;
mod draft;
mod filter;
mod group;
mod name;
mod operation;
mod options;
mod plan;
mod share;
mod subject;
mod syscall;
mod yaml;

pub use codes::CODES;
pub use options::{Options, PackStateForm};

use std::collections::BTreeMap;

use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_diagnostic::{Diagnostic, Sink, Treatment};
use telovix_document::lower::{Makes, Policy, PolicyDocument, Unit};
use telovix_policy::confine::{Confinement, Gate};
use telovix_policy::value::Scope;
use telovix_tetragon::{
    Context, Hook, Metadata, NamedList, PolicyKind, PolicyOption, Spec, TracingPolicy, check_release,
    validate,
};

use super::Outbox;
use assemble::Assembly;
use codes::{EMISSION_INVALID, NAME_COLLISION, PARENT_UNKNOWN};
use consequence::{Direction, consequence};
use draft::{Body, Draft, Heading, shares};
use name::Names;
use plan::Part;
use share::Share;

/// Writes the policies of every document. The same policy gives the same bytes.
///
/// Returns the programs that Tetragon attaches, by hook, on the host with the most. What cannot be written is
/// reported; the outbox is then incomplete.
pub fn emit(
    policy: &Policy,
    sources: &SourceSet,
    options: &Options,
    outbox: &mut Outbox<'_>,
    sink: &mut Sink,
) -> BTreeMap<String, usize> {
    let context = options.context();
    let mut emitter =
        Emitter { sources, options, context: &context, sink, writer: yaml::Writer::new(sources), outbox };
    let mut drafts = Vec::new();
    for placed in &policy.documents {
        for unit in &placed.units {
            drafts.extend(emitter.draft(unit, placed, policy.confinements_of_unit(unit)));
        }
    }
    // A disabled policy is checked too, so that enabling it adds no errors.
    let customs = policy.documents.iter().filter_map(PolicyDocument::custom_policy).filter_map(|custom| {
        let compiled = custom::compile(custom, policy, sources, (&context, options), emitter.sink);
        compiled.filter(|_| custom.enabled).map(|compiled| (custom.placed, compiled))
    });
    let customs: Vec<_> = customs.collect();
    let mut uses: Vec<budget::Use> = drafts.iter().flat_map(Draft::entries).collect();
    uses.extend(customs.iter().flat_map(|(_, custom)| custom.uses.iter().cloned()));
    let shares = shares(&mut drafts, &budget::crowded(&uses));
    uses.clear();
    for draft in drafts {
        if emitter.outbox.is_closed() {
            return BTreeMap::new();
        }
        uses.extend(emitter.write_draft(draft));
    }
    for share in shares {
        uses.extend(emitter.write_share(&share));
    }
    for (placed, custom::Compiled { names, text, uses: own }) in customs {
        let path = names.path("");
        if budget::check_alone(&own, &path, emitter.sink) {
            uses.extend(own);
            add(
                path,
                &text,
                vec![placed.span()],
                placed.scope(),
                placed.name_span(),
                emitter.outbox,
                emitter.sink,
            );
        }
    }
    budget::check(&uses, emitter.sink);
    budget::programs(&uses)
}

struct Emitter<'run, 'out> {
    sources: &'run SourceSet,
    options: &'run Options,
    /// What each policy is validated for.
    context: &'run Context,
    sink: &'run mut Sink,
    writer: yaml::Writer<'run>,
    outbox: &'run mut Outbox<'out>,
}

/// One policy before it is written.
struct Written<'run, 'text> {
    names: &'run Names,
    suffix: &'static str,
    comments: &'run str,
    direction: Direction,
    hooks: Vec<Hook<'text>>,
    lists: Vec<NamedList<'text>>,
    /// The options of its pack.
    options: Vec<(&'static str, &'static str)>,
    sources: Vec<Span>,
    scope: Scope,
    /// Where a duplicate of its name is reported.
    name_span: Span,
}

impl<'run> Emitter<'run, '_> {
    /// Makes the parts of one unit, or none of them when a confinement is refused.
    fn draft(
        &mut self,
        unit: &Unit,
        placed: &'run PolicyDocument,
        confinements: &'run [Confinement],
    ) -> Option<Draft<'run>> {
        let names = Names::of(placed.folder(), &unit.name);
        let place = self.sources.locate(unit.span);
        let mut header = vec![
            format!("Compiled from {place}. Do not edit: change the source and compile again."),
            unit.title.clone(),
        ];
        let mut body = Body::Comments;
        if unit.makes == Makes::Comments {
            header.push("No enforcement in this mode: this file contains no policy.".to_owned());
        } else {
            let mut assembly = Assembly::default();
            let mut refused = false;
            for confinement in confinements {
                if let Err(refusal) = assembly.add(confinement, self.options) {
                    self.sink.report(refusal.diagnostic());
                    refused = true;
                }
            }
            if refused {
                return None;
            }
            self.report_parents(confinements);
            body = Body::Policies(assembly);
        }
        let heading = Heading { names, placed, span: unit.span, comments: yaml::comments(&header) };
        Some(Draft { heading, body })
    }

    /// Reports the first exemption by parent of a unit; those that cannot be compiled were refused before.
    fn report_parents(&mut self, confinements: &[Confinement]) {
        let supported = self.options.engine.has_parents_map && self.options.release.has_parent_filters();
        let mut exemptions = confinements.iter().flat_map(|confinement| &confinement.exemptions);
        let Some(by_parent) = exemptions.find(|exemption| exemption.parent.is_some()).filter(|_| supported)
        else {
            return;
        };
        let message = "on Tetragon hosts this also exempts processes whose parent Tetragon does not know";
        let help = "name the process as well, or use a native target";
        self.sink.report(Diagnostic::new(&PARENT_UNKNOWN, by_parent.span, message).help(help));
    }

    fn write_draft(&mut self, Draft { heading, body }: Draft<'run>) -> Vec<budget::Use> {
        let (sources, scope) = (vec![heading.span], heading.placed.scope());
        let name_span = heading.placed.name_span();
        let assembly = match body {
            Body::Comments => {
                let path = heading.names.path("");
                add(path, &heading.comments, sources, scope, name_span, self.outbox, self.sink);
                return Vec::new();
            }
            Body::Policies(assembly) => assembly,
        };
        let mut parts: BTreeMap<Part, (Option<Direction>, Vec<Hook<'run>>)> = BTreeMap::new();
        for group in &assembly.groups {
            let (direction, hooks) = parts.entry(group.part).or_default();
            *direction = Some(direction.map_or(group.direction, |all| all.join(group.direction)));
            match group.fill() {
                Ok(filled) => hooks.extend(filled),
                Err(refusal) => {
                    self.sink.report(refusal.diagnostic());
                    return Vec::new();
                }
            }
        }
        let mut lists = assembly.lists;
        let mut uses = Vec::new();
        for (part, (direction, hooks)) in parts {
            let lists = if part == Part::Syscalls { std::mem::take(&mut lists) } else { Vec::new() };
            if hooks.is_empty() {
                continue;
            }
            uses.extend(self.write(Written {
                names: &heading.names,
                suffix: part.suffix(),
                comments: &heading.comments,
                direction: direction.unwrap_or(Direction::Blocks),
                hooks,
                lists,
                options: self.policy_options(&heading, part),
                sources: sources.clone(),
                scope: scope.clone(),
                name_span,
            }));
        }
        uses
    }

    /// Writes the policy that several documents share at one hook.
    fn write_share(&mut self, share: &Share<'run>) -> Vec<budget::Use> {
        let written = share::join(share).and_then(|joined| {
            let Some(filled) = share::fill(&joined, &share.hook, self.options)? else {
                return Ok(Vec::new());
            };
            if budget::is_too_many(filled.hooks.len()) {
                let fitting = share::fitting(share, self.options)?;
                let documents = share.units.iter().map(|unit| (unit.path.as_str(), unit.span)).collect();
                let Share { scope, hook, .. } = share;
                let entries = filled.hooks.len();
                let overflow = budget::Overflow { scope, hook, entries, documents, fitting };
                budget::report_overflow(&overflow, self.sink);
                return Ok(Vec::new());
            }
            let units = share.units.len();
            let comments = yaml::comments(&[
                "Compiled from several documents. Do not edit: change the sources and compile again."
                    .to_owned(),
                format!(
                    "{units} documents at the hook {}, which has no room for entries of each",
                    share.hook
                ),
            ]);
            let Some(first) = share.units.first() else { return Ok(Vec::new()) };
            Ok(self.write(Written {
                names: &Names::shared(&share.hook, &share.scope),
                suffix: "",
                comments: &comments,
                direction: filled.direction,
                hooks: filled.hooks,
                lists: Vec::new(),
                options: Vec::new(),
                sources: share.units.iter().map(|unit| unit.span).collect(),
                scope: share.scope.clone(),
                name_span: first.span,
            }))
        });
        written.unwrap_or_else(|refusal| {
            self.sink.report(refusal.diagnostic());
            Vec::new()
        })
    }

    /// Writes one policy and returns what it takes of its host; nothing when it is refused.
    fn write(&mut self, written: Written<'_, '_>) -> Vec<budget::Use> {
        let Written { names, suffix, comments, direction, hooks, lists, options, sources, scope, name_span } =
            written;
        let Some(&span) = sources.first() else { return Vec::new() };
        let option = |(name, value): (&'static str, &'static str)| PolicyOption {
            name: Spanned::new(name.into(), span),
            value: Spanned::new(value.into(), span),
        };
        let policy = TracingPolicy {
            span,
            api_version: Some(Spanned::new("cilium.io/v1alpha1".into(), span)),
            kind: PolicyKind::Cluster,
            metadata: Metadata {
                span,
                name: Spanned::new(names.policy(suffix).into(), span),
                namespace: None,
                labels: Vec::new(),
                annotations: Vec::new(),
            },
            spec: Spec {
                span,
                hooks,
                loader: None,
                lists,
                enforcers: Vec::new(),
                options: options.into_iter().map(option).collect(),
                macros: Vec::new(),
                workloads: Vec::new(),
            },
        };
        let path = names.path(suffix);
        if !self.is_valid(&policy, &path) {
            return Vec::new();
        }
        let mut older = self.sink.fork();
        check_release(&policy, self.options.release, &mut older);
        let refused = older.has_errors();
        self.sink.append(older);
        if refused {
            return Vec::new();
        }
        let uses = budget::uses(&policy, &path, &scope);
        if !budget::check_alone(&uses, &path, self.sink) {
            return Vec::new();
        }
        let text = self.writer.write(&policy, comments, &consequence(&policy.spec.hooks, direction));
        add(path, text, sources, scope, name_span, self.outbox, self.sink);
        uses
    }

    fn policy_options(&self, heading: &Heading<'_>, part: Part) -> Vec<(&'static str, &'static str)> {
        let mut options = Vec::new();
        if part == Part::Syscalls {
            // With multi-kprobe links the filters of one kprobe also apply to the others.
            options.push(("disable-kprobe-multi", "1"));
        }
        if self.options.pack_state == PackStateForm::PolicyMode && heading.placed.pack.is_some() {
            let mode = if heading.placed.gate == Gate::Active { "enforce" } else { "monitor" };
            options.push(("policy-mode", mode));
        }
        options
    }

    /// Validates a policy like one that was written by hand.
    fn is_valid(&mut self, policy: &TracingPolicy, path: &str) -> bool {
        let mut findings = Sink::default();
        validate(policy, self.context, &mut findings);
        // What Tetragon takes as written is not for the compiler to object to.
        let mut findings = findings.into_sorted();
        findings.retain(|finding| finding.tetragon != Treatment::Takes);
        for finding in &findings {
            let message = format!("compiled `{path}` is invalid: {}", finding.message);
            let diagnostic = Diagnostic::new(&EMISSION_INVALID, finding.span, message);
            self.sink.report(diagnostic.help(format!(
                "this is a bug in telovix: report it with the document (`{}`)",
                finding.code.id
            )));
        }
        findings.is_empty()
    }
}

/// Passes on a file, unless another document has its path.
fn add(
    path: String,
    text: &str,
    spans: Vec<Span>,
    scope: Scope,
    name_span: Span,
    outbox: &mut Outbox<'_>,
    sink: &mut Sink,
) {
    let Err(taken) = outbox.add(path, text.as_bytes(), spans, scope) else { return };
    let message = format!("two documents compile to `{}`", taken.path);
    let mut diagnostic = Diagnostic::new(&NAME_COLLISION, name_span, message);
    for first in &taken.sources {
        diagnostic = diagnostic.related(*first, "the first one");
    }
    sink.report(diagnostic.help("give one of them another name"));
}
