//! Confinements -> the engine's policies: one file for each document and section, checked before it is given out.
//!
//! | document | files |
//! |---|---|
//! | profile | `guardian-profile-{profile_id}-{mode}.yaml`, beside it `.network.yaml` and `.syscalls.yaml` |
//! | rule | `telovix-rule-{template}-{id}.yaml`, beside it `.syscalls.yaml` |
//! | guard | `runtime-guard-{process}.yaml`, beside it `.network.yaml` and `.syscalls.yaml` |
//! | custom rule, TracingPolicy | `{metadata.name}.yaml` |
//!
//! Inside a pack everything lies below `{pack_id}/{version}/`. What the engine cannot say is refused with the
//! line that asks for it; what it can say only in part (`target` has the list) is said in that part.

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
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::{Makes, Policy, PolicyDocument, Unit};
use telovix_platform::Kernel;
use telovix_policy::confine::{Confinement, Gate};
use telovix_tetragon::{
    Context, Engine, Hook, Metadata, NamedList, PolicyKind, PolicyOption, Spec, TracingPolicy, validate,
};

use super::Outbox;
use assemble::Assembly;
use codes::{EMISSION_INVALID, NAME_COLLISION};
use consequence::{Direction, consequence};
use name::Names;
use plan::Part;

/// How policies of the engine are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The kernels that the engine's hosts run; every policy must load on each of them.
    pub kernels: Vec<Kernel>,
    /// Kill beside every denial: on LSM hooks the engine's denial leaks under concurrency, a signal does not.
    pub deny_with_kill: bool,
    /// What the state of a pack does to the text.
    pub pack_state: PackStateForm,
    /// How the engine is run.
    pub engine: Engine,
}

/// Where the state of a pack is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PackStateForm {
    /// In the manifest alone: the text is the same in every state, so signatures stay valid.
    #[default]
    Manifest,
    /// Also in the text, as the engine's `policy-mode`.
    PolicyMode,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kernels: Kernel::ALL.to_vec(),
            deny_with_kill: false,
            pack_state: PackStateForm::default(),
            engine: Engine::default(),
        }
    }
}

/// Writes the policies of every document. The same policy gives the same bytes, in order of paths.
///
/// What cannot be written is reported, and of what is reported not everything may have been handed over.
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
    // A disabled one is checked like the others, so that enabling it brings no surprise.
    for custom in policy.documents.iter().filter_map(PolicyDocument::custom_policy) {
        let compiled = custom::compile(custom, policy, sources, &context, emitter.sink);
        if let Some((names, text)) = compiled.filter(|_| custom.enabled) {
            add(names.path(""), &text, custom.placed.span(), custom.placed, emitter.outbox, emitter.sink);
        }
    }
    budget::check(&emitter.hooks, emitter.sink);
}

struct Emitter<'run, 'out> {
    sources: &'run SourceSet,
    options: &'run Options,
    /// What each policy is checked against.
    context: &'run Context,
    sink: &'run mut Sink,
    writer: yaml::Writer<'run>,
    outbox: &'run mut Outbox<'out>,
    /// What each policy hooks, for the budget.
    hooks: Vec<budget::Use<'run>>,
}

/// What a file is called and what its comments say.
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
        let mut header =
            vec![format!("Compiled from {place}; change that and compile again."), unit.title.clone()];
        if unit.makes == Makes::Comments {
            header.push("Nothing acts in this mode, so this file holds no policy.".to_owned());
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
        let text = self.writer.write(&policy, &heading.comments, consequence(&policy.spec.hooks, direction));
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

    /// Holds a policy against the validator that reads what people write.
    fn is_valid(&mut self, policy: &TracingPolicy, path: &str) -> bool {
        let mut findings = Sink::default();
        validate(policy, self.context, &mut findings);
        let findings = findings.into_sorted();
        for finding in &findings {
            let message = format!("`{path}` would not load as it is meant: {}", finding.message);
            let diagnostic = Diagnostic::new(&EMISSION_INVALID, finding.span, message);
            self.sink
                .report(diagnostic.help(format!("report this with the document (`{}`)", finding.code.id)));
        }
        findings.is_empty()
    }
}

/// Hands a file over, unless another document has its path.
fn add(
    path: String,
    text: &str,
    span: Span,
    placed: &PolicyDocument,
    outbox: &mut Outbox<'_>,
    sink: &mut Sink,
) {
    let Err(taken) = outbox.add(path, text.as_bytes(), span, placed.scope()) else { return };
    let message = format!("another document compiles to `{}` too", taken.path);
    let mut diagnostic = Diagnostic::new(&NAME_COLLISION, placed.name_span(), message);
    for first in &taken.sources {
        diagnostic = diagnostic.related(*first, "the first one");
    }
    sink.report(diagnostic.help("give one of them another name"));
}
