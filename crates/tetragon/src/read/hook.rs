//! YAML tree -> the hooks of the six sections.

use std::sync::Arc;

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::{Node, Value};

use super::fields::{Fields, wrong_type};
use super::filter::read_selector;
use crate::codes::SCHEMA;
use crate::{Argument, ArgumentType, Hook, HookPoint, SyscallFlag, Text};

const KPROBE: &[&str] = &[
    "args",
    "call",
    "data",
    "ignore",
    "message",
    "return",
    "returnArg",
    "returnArgAction",
    "selectors",
    "syscall",
    "tags",
];
const TRACEPOINT: &[&str] = &["args", "event", "message", "raw", "selectors", "subsystem", "tags"];
const LSM: &[&str] = &["args", "hook", "message", "selectors", "tags"];
const UPROBE: &[&str] = &[
    "addrs",
    "args",
    "binaryDigests",
    "btfPath",
    "data",
    "ignore",
    "message",
    "offsets",
    "path",
    "refCtrOffsets",
    "return",
    "returnArg",
    "selectors",
    "symbols",
    "tags",
];
const USDT: &[&str] = &["args", "btfPath", "message", "name", "path", "provider", "selectors", "tags"];
const ARGUMENT: &[&str] = &[
    "btfType",
    "btfTypeModule",
    "index",
    "label",
    "maxData",
    "resolve",
    "returnCopy",
    "sizeArgIndex",
    "source",
    "type",
];
/// Maximum number of tags of a hook in the schema.
const TAGS: usize = 16;

pub(super) fn read_kprobe(node: &Node, sink: &mut Sink) -> Option<Hook<'static>> {
    let fields = Fields::open(node, "a kprobe", KPROBE, sink)?;
    let point = read_function(&fields, sink).map(|(call, syscall)| HookPoint::Kprobe { call, syscall });
    let hook = read_common(node, &fields, sink);
    Some(hook(point?))
}

pub(super) fn read_fentry(node: &Node, sink: &mut Sink) -> Option<Hook<'static>> {
    let fields = Fields::open(node, "an fentry", KPROBE, sink)?;
    let point = read_function(&fields, sink).map(|(call, syscall)| HookPoint::Fentry { call, syscall });
    let hook = read_common(node, &fields, sink);
    Some(hook(point?))
}

pub(super) fn read_tracepoint(node: &Node, sink: &mut Sink) -> Option<Hook<'static>> {
    let fields = Fields::open(node, "a tracepoint", TRACEPOINT, sink)?;
    let subsystem = fields.required_text("subsystem", sink);
    let event = fields.required_text("event", sink);
    let raw = fields.flag("raw", sink);
    let hook = read_common(node, &fields, sink);
    Some(hook(HookPoint::Tracepoint { subsystem: subsystem?, event: event?, raw }))
}

pub(super) fn read_lsm(node: &Node, sink: &mut Sink) -> Option<Hook<'static>> {
    let fields = Fields::open(node, "an LSM hook", LSM, sink)?;
    let name = fields.required_text("hook", sink);
    let hook = read_common(node, &fields, sink);
    Some(hook(HookPoint::Lsm { hook: name? }))
}

pub(super) fn read_uprobe(node: &Node, sink: &mut Sink) -> Option<Hook<'static>> {
    let fields = Fields::open(node, "a uprobe", UPROBE, sink)?;
    let path = fields.required_text("path", sink);
    let symbols = fields.texts("symbols", sink);
    fields.texts("binaryDigests", sink);
    for key in ["addrs", "offsets", "refCtrOffsets"] {
        fields.list(key, sink, super::fields::read_long);
    }
    let places = ["addrs", "offsets", "symbols"].iter().filter(|key| fields.node(key).is_some()).count();
    if places > 1 {
        let message = "a uprobe has more than one of `symbols`, `offsets` and `addrs`";
        sink.report(Diagnostic::new(&SCHEMA, node.span, message));
    }
    let hook = read_common(node, &fields, sink);
    Some(hook(HookPoint::Uprobe { path: path?, symbols, places }))
}

pub(super) fn read_usdt(node: &Node, sink: &mut Sink) -> Option<Hook<'static>> {
    let fields = Fields::open(node, "a static probe", USDT, sink)?;
    let path = fields.required_text("path", sink);
    let provider = fields.required_text("provider", sink);
    let name = fields.required_text("name", sink);
    let hook = read_common(node, &fields, sink);
    Some(hook(HookPoint::Usdt { path: path?, provider: provider?, name: name? }))
}

fn read_function(fields: &Fields<'_>, sink: &mut Sink) -> Option<(Text<'static>, SyscallFlag)> {
    let call = fields.required_text("call", sink);
    let syscall = match fields.boolean("syscall", sink).map(|flag| flag.value) {
        None => SyscallFlag::Absent,
        Some(true) => SyscallFlag::Syscall,
        Some(false) => SyscallFlag::Function,
    };
    Some((call?, syscall))
}

/// Reads the keys that hooks have in common; unknown keys of a section were already reported.
fn read_common(
    node: &Node,
    fields: &Fields<'_>,
    sink: &mut Sink,
) -> impl FnOnce(HookPoint<'static>) -> Hook<'static> + use<> {
    let arguments = fields.list("args", sink, read_argument);
    let data = fields.list("data", sink, read_argument);
    let returns = fields.flag("return", sink);
    let return_argument = fields.node("returnArg").and_then(|node| read_argument(node, sink));
    if returns && fields.node("returnArg").is_none() {
        let message = "`return: true` requires a `returnArg`";
        sink.report(
            Diagnostic::new(&SCHEMA, node.span, message).help("add `returnArg: {index: 0, type: int}`"),
        );
    }
    let return_action = fields.text("returnArgAction", sink);
    let selectors = fields.list("selectors", sink, |node, sink| read_selector(node, sink).map(Arc::new));
    let message = fields.text("message", sink);
    let tags = fields.texts("tags", sink);
    if tags.len() > TAGS {
        let message = format!("a hook has {} tags, more than the {TAGS} the schema allows", tags.len());
        sink.report(Diagnostic::new(&SCHEMA, tags.get(TAGS).map(|tag| tag.span), message));
    }
    let ignore_missing = read_ignore(fields, sink);
    let span = node.span;
    move |point| Hook {
        span,
        point,
        arguments,
        data,
        returns,
        return_argument,
        return_action,
        selectors,
        message,
        tags,
        ignore_missing,
    }
}

fn read_ignore(fields: &Fields<'_>, sink: &mut Sink) -> bool {
    let Some(node) = fields.node("ignore") else { return false };
    let keys = &["callNotFound", "digestVerificationFailure"];
    Fields::open(node, "`ignore`", keys, sink).is_some_and(|ignore| ignore.flag("callNotFound", sink))
}

fn read_argument(node: &Node, sink: &mut Sink) -> Option<Argument<'static>> {
    if !matches!(node.value, Value::Mapping(_)) {
        wrong_type(node, "an argument", sink);
        return None;
    }
    let fields = Fields::open(node, "an argument", ARGUMENT, sink)?;
    if fields.node("index").is_none() {
        fields.report_missing("index", sink);
    }
    let index = fields.unsigned("index", sink);
    let absent = Spanned::new(ArgumentType::Auto, node.span);
    let kind = match fields.text_or_null("type", sink) {
        None => Some(absent),
        Some(_) => fields.word("type", ArgumentType::ALL, ArgumentType::name, sink),
    };
    let source = fields.text_or_null("source", sink);
    Some(Argument {
        span: node.span,
        resolve: fields.text_or_null("resolve", sink).filter(|path| !path.value.is_empty()),
        size_index: fields.unsigned("sizeArgIndex", sink),
        return_copy: fields.flag("returnCopy", sink),
        max_data: fields.flag("maxData", sink),
        label: fields.text_or_null("label", sink),
        source: source.filter(|source| !source.value.is_empty()),
        btf_type: fields.text_or_null("btfType", sink),
        btf_type_module: fields.text_or_null("btfTypeModule", sink),
        index: index?,
        kind: kind?,
    })
}
