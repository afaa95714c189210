//! Confinements -> TracingPolicy YAML: one file for each document and section, validated before it is written.
//!
//! | document | files |
//! |---|---|
//! | profile | `guardian-profile-{profile_id}-{mode}.yaml`, `.network.yaml` and `.syscalls.yaml` |
//! | rule | `telovix-rule-{template}-{id}.yaml` and `.syscalls.yaml` |
//! | guard | `runtime-guard-{process}.yaml`, `.network.yaml` and `.syscalls.yaml` |
//! | custom rule, TracingPolicy | `{metadata.name}.yaml`; with a namespace, `{namespace}_{metadata.name}.yaml` |
//!
//! Files of a pack are below `{pack_id}/{version}/`. A confinement that Tetragon cannot express is an error at its
//! line; one that it covers only partly is written as far as possible, and `assessment` reports the rest.

mod assemble;
mod budget;
mod codes;
mod consequence;
mod custom;
mod filter;
mod name;
mod operation;
mod plan;
mod subject;
mod syscall;
mod yaml;

pub use codes::CODES;

use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_diagnostic::{Diagnostic, Sink, Treatment};
use telovix_document::lower::{Makes, Policy, PolicyDocument, Unit};
use telovix_platform::Kernel;
use telovix_policy::confine::{Confinement, Gate};
use telovix_tetragon::{
    Context, Dialect, Engine, Hook, Metadata, NamedList, PolicyKind, PolicyOption, Spec, TracingPolicy,
    validate,
};

use super::Outbox;
use assemble::Assembly;
use codes::{EMISSION_INVALID, NAME_COLLISION};
use consequence::{Direction, consequence};
use name::Names;
use plan::Part;

/// How policies for Tetragon are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The kernels of the Tetragon hosts; every policy must load on each of them.
    pub kernels: Vec<Kernel>,
    /// Kill in addition to every denial: LSM denials of Tetragon leak under concurrency, a signal does not.
    pub deny_with_kill: bool,
    /// Where the state of a pack is written.
    pub pack_state: PackStateForm,
    /// The features of Tetragon that are enabled.
    pub engine: Engine,
    /// Whose rules TracingPolicies outside rules follow.
    pub dialect: Dialect,
}

/// Where the state of a pack is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PackStateForm {
    /// In the manifest only: the text is the same in every state, so signatures stay valid.
    #[default]
    Manifest,
    /// Also in the text, as Tetragon's `policy-mode`.
    PolicyMode,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kernels: Kernel::ALL.to_vec(),
            deny_with_kill: false,
            pack_state: PackStateForm::default(),
            engine: Engine::default(),
            dialect: Dialect::default(),
        }
    }
}

/// Writes the policies of every document. The same policy gives the same bytes.
///
/// What cannot be written is reported; the outbox is then incomplete.
pub fn emit(
    policy: &Policy,
    sources: &SourceSet,
    options: &Options,
    outbox: &mut Outbox<'_>,
    sink: &mut Sink,
) {
    let context = Context { kernels: options.kernels.clone(), engine: options.engine };
    let mut emitter = Emitter {
        sources,
        options,
        context: &context,
        sink,
        writer: yaml::Writer::new(sources),
        outbox,
        hooks: Vec::new(),
    };
    for placed in &policy.documents {
        if emitter.outbox.is_closed() {
            return;
        }
        for unit in &placed.units {
            emitter.unit(unit, placed, policy.confinements_of_unit(unit));
        }
    }
    // A disabled policy is checked too, so that enabling it adds no errors.
    for custom in policy.documents.iter().filter_map(PolicyDocument::custom_policy) {
        let compiled = custom::compile(custom, policy, sources, &context, options.dialect, emitter.sink);
        if let Some((names, text)) = compiled.filter(|_| custom.enabled) {
            add(names.path(""), &text, custom.placed.span(), custom.placed, emitter.outbox, emitter.sink);
        }
    }
    budget::check(&emitter.hooks, emitter.sink);
}

struct Emitter<'run, 'out> {
    sources: &'run SourceSet,
    options: &'run Options,
    /// What each policy is validated for.
    context: &'run Context,
    sink: &'run mut Sink,
    writer: yaml::Writer<'run>,
    outbox: &'run mut Outbox<'out>,
    /// The hooks of each policy, for the budget.
    hooks: Vec<budget::Use<'run>>,
}

/// The file name and the comments of a file.
struct Heading<'run> {
    names: Names,
    placed: &'run PolicyDocument,
    span: Span,
    /// The comments at the top of each file.
    comments: String,
}

impl<'run> Emitter<'run, '_> {
    /// Writes the parts of one unit, or none of them when a confinement is refused.
    fn unit(&mut self, unit: &Unit, placed: &'run PolicyDocument, confinements: &'run [Confinement]) {
        let names = Names::of(placed.folder(), &unit.name);
        let place = self.sources.locate(unit.span);
        let mut header = vec![
            format!("Compiled from {place}. Do not edit: change the source and compile again."),
            unit.title.clone(),
        ];
        if unit.makes == Makes::Comments {
            header.push("No enforcement in this mode: this file contains no policy.".to_owned());
            let text = yaml::comments(&header);
            add(names.path(""), &text, unit.span, placed, self.outbox, self.sink);
            return;
        }
        let heading = Heading { names, placed, span: unit.span, comments: yaml::comments(&header) };
        let mut assembly = Assembly::default();
        let mut refused = false;
        for confinement in confinements {
            if let Err(refusal) = assembly.add(confinement, self.options) {
                self.sink.report(refusal.diagnostic());
                refused = true;
            }
        }
        if refused {
            return;
        }
        let mut lists = assembly.lists;
        for (part, hooks) in assembly.hooks {
            let own = if part == Part::Syscalls { std::mem::take(&mut lists) } else { Vec::new() };
            if !hooks.is_empty() {
                let direction = assembly.directions.get(&part).copied().unwrap_or(Direction::Blocks);
                self.part(&heading, part, direction, hooks, own);
            }
        }
    }

    fn part(
        &mut self,
        heading: &Heading<'_>,
        part: Part,
        direction: Direction,
        hooks: Vec<Hook<'run>>,
        lists: Vec<NamedList<'run>>,
    ) {
        let policy = TracingPolicy {
            span: heading.span,
            api_version: Some(Spanned::new("cilium.io/v1alpha1".into(), heading.span)),
            kind: PolicyKind::Cluster,
            metadata: Metadata {
                span: heading.span,
                name: Spanned::new(heading.names.policy(part.suffix()).into(), heading.span),
                namespace: None,
                labels: Vec::new(),
                annotations: Vec::new(),
            },
            spec: Spec {
                span: heading.span,
                hooks,
                loader: None,
                lists,
                enforcers: Vec::new(),
                options: self.policy_options(heading, part),
                macros: Vec::new(),
                workloads: Vec::new(),
            },
        };
        let path = heading.names.path(part.suffix());
        if !self.is_valid(&policy, &path) {
            return;
        }
        let uses: Vec<_> = budget::uses(&policy, &heading.placed.scope()).collect();
        if !budget::check_alone(&uses, &path, self.sink) {
            return;
        }
        self.hooks.extend(uses);
        let text = self.writer.write(&policy, &heading.comments, &consequence(&policy.spec.hooks, direction));
        add(path, text, heading.span, heading.placed, self.outbox, self.sink);
    }

    fn policy_options(&self, heading: &Heading<'_>, part: Part) -> Vec<PolicyOption<'static>> {
        let option = |name: &'static str, value: &'static str| PolicyOption {
            name: Spanned::new(name.into(), heading.span),
            value: Spanned::new(value.into(), heading.span),
        };
        let mut options = Vec::new();
        if part == Part::Syscalls {
            // With multi-kprobe links the filters of one kprobe also apply to the others.
            options.push(option("disable-kprobe-multi", "1"));
        }
        if self.options.pack_state == PackStateForm::PolicyMode && heading.placed.pack.is_some() {
            let mode = if heading.placed.gate == Gate::Active { "enforce" } else { "monitor" };
            options.push(option("policy-mode", mode));
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
    span: Span,
    placed: &PolicyDocument,
    outbox: &mut Outbox<'_>,
    sink: &mut Sink,
) {
    let Err(taken) = outbox.add(path, text.as_bytes(), span, placed.scope()) else { return };
    let message = format!("two documents compile to `{}`", taken.path);
    let mut diagnostic = Diagnostic::new(&NAME_COLLISION, placed.name_span(), message);
    for first in &taken.sources {
        diagnostic = diagnostic.related(*first, "the first one");
    }
    sink.report(diagnostic.help("give one of them another name"));
}
