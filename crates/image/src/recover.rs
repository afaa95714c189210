//! An image -> confinements equivalent to those it was packed from. List entries, source spans and reasons are lost;
//! confinements that confine no process are missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{self, ANY_DOMAIN, CONFINEMENT_BLOCKS, Header, Origin, Section};

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{
    Condition, Confinement, Dimension, DocumentKind, DocumentReference, Effect, Exemption, Gate, Listing,
    Operation, Region, Subject,
};
use telovix_policy::value::{AbsolutePath, PathPattern};
use telovix_policy::value::{Children, Scope};

use super::decide::Interpreter;
use super::kernel::accesses;
use super::read::{Reader, Unreadable};
use super::round_trip;
use super::subject::path_patterns;

const UNKNOWN_RULE: Unreadable = Unreadable("a rule has a number that this version does not support");
const NOT_PACKED: Unreadable = Unreadable("the confined processes cannot be recovered");

/// Recovers the confinements of an image, by rule id; they pack to the same domains again. A rule that confines no
/// process exempts every process. The spans are not valid: an image names its sources but does not contain them.
///
/// # Errors
/// Names the content that no compile packs.
pub fn recover(image: &Image) -> Result<Vec<Confinement>, Unreadable> {
    let header: Header = image.record(Section::Header, 0).ok_or(Unreadable("no header"))?;
    let mut reader = Reader::new(image);
    let count = u32::try_from(image.count(Section::Domains)).unwrap_or(u32::MAX);
    let mut domains = Vec::with_capacity(count as usize);
    for number in 0..count {
        let reading = reader.domain(number)?;
        domains.push(Domain { regions: reading.regions, inherits: reading.inherits });
    }
    let (_, known) = reader.class_map(header.subjects)?;
    let root: &[u8] = b"/";
    let prefixes =
        [root].into_iter().chain(known.iter().map(|(prefix, _)| prefix)).map(<[u8]>::to_vec).collect();
    let names: Vec<String> = reader.executables()?.into_iter().flat_map(|who| who.names).collect();
    let people = People { domains, interpreter: Interpreter::new(image, |_| true), prefixes, names };
    let mut found = Vec::new();
    let records = image.records::<layout::Confinement>(Section::Confinements);
    for (rule, (record, origin)) in (0..).zip(records.zip(image.records::<Origin>(Section::Origins))) {
        found.push(confinement(image, &people, rule, &record, &origin)?);
    }
    round_trip::check(image, &found).map_err(|_| NOT_PACKED)?;
    Ok(found)
}

/// The confinements of a domain.
struct Domain {
    regions: BTreeMap<u32, Region>,
    inherits: u32,
}

/// The executables of each domain.
struct People<'image> {
    domains: Vec<Domain>,
    interpreter: Interpreter<'image>,
    /// The prefixes that the image tells apart.
    prefixes: Vec<Vec<u8>>,
    /// The base names that the image tells apart.
    names: Vec<String>,
}

impl People<'_> {
    /// Returns the events of a rule, from the first domain with it.
    fn region(&self, rule: u32) -> Option<&Region> {
        self.domains.iter().find_map(|domain| domain.regions.get(&rule))
    }

    fn domain(&self, executable: &str) -> Option<(u32, &Domain)> {
        let number = self.interpreter.domain_of(Some(executable));
        Some((number, self.domains.get(number as usize)?))
    }

    fn confines(&self, rule: u32, executable: &str) -> bool {
        self.domain(executable).is_some_and(|(_, domain)| domain.regions.contains_key(&rule))
    }

    /// Returns whether descendants of an executable inherit a rule.
    fn inherits(&self, rule: u32, executable: &str) -> bool {
        self.domain(executable).is_some_and(|(_, domain)| {
            let carried = self.domains.get(domain.inherits as usize).filter(|_| domain.inherits != 0);
            carried.is_some_and(|carried| carried.regions.contains_key(&rule))
        })
    }

    fn subject(&self, rule: u32) -> Option<(Subject, Children)> {
        let rules =
            |number: usize| self.domains.get(number).is_some_and(|domain| domain.regions.contains_key(&rule));
        if rules(0) {
            return Some((Subject::Everyone, Children::Leave));
        }
        let is_subject =
            |executable: &str| self.confines(rule, executable) || self.inherits(rule, executable);
        let children = |executable: &str| {
            if self.inherits(rule, executable) { Children::Inherit } else { Children::Leave }
        };
        // No pattern has a control character, so only the name can match.
        let by_name = self.names.iter().find(|name| is_subject(&format!("/\u{1}/{name}")));
        if let Some(name) = by_name {
            return Some((Subject::BaseName(name.clone()), children(&format!("/\u{1}/{name}"))));
        }
        let mut exact = self.prefixes.iter().filter_map(|prefix| path(prefix.strip_suffix(&[0])?));
        let binary = exact.find(|path| is_subject(path))?;
        let children = children(&binary);
        Some((Subject::Binary(AbsolutePath::parse(&binary).ok()?), children))
    }

    /// Returns the executables of the subject that a rule exempts.
    fn exempted(&self, rule: u32, subject: &Subject) -> Vec<PathPattern> {
        let one = |prefix: &[u8]| match (prefix.strip_suffix(&[0]), subject) {
            (Some(exact), Subject::BaseName(name)) => {
                path(exact).filter(|path| path.rsplit('/').next() == Some(name.as_str()))
            }
            (Some(exact), _) => path(exact),
            (None, Subject::BaseName(name)) => Some(format!("{}\u{1}/{name}", path(prefix)?)),
            (None, _) => Some(format!("{}\u{1}", path(prefix)?)),
        };
        let exempted =
            |prefix: &[u8]| one(prefix).is_some_and(|executable| !self.confines(rule, &executable));
        match subject {
            Subject::Binary(_) => Vec::new(),
            _ => self.patterns(exempted),
        }
    }

    /// Returns the executables of a domain that an exemption refers to.
    fn members(&self, domain: u32) -> Vec<PathPattern> {
        let one = |prefix: &[u8]| match prefix.strip_suffix(&[0]) {
            Some(exact) => path(exact),
            None => Some(format!("{}\u{1}", path(prefix)?)),
        };
        self.patterns(|prefix| {
            one(prefix).is_some_and(|executable| self.interpreter.domain_of(Some(&executable)) == domain)
        })
    }

    fn patterns(&self, wanted: impl Fn(&[u8]) -> bool) -> Vec<PathPattern> {
        let prefixes: Vec<Vec<u8>> = self.prefixes.iter().filter(|prefix| wanted(prefix)).cloned().collect();
        path_patterns(&prefixes)
    }
}

fn path(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn confinement(
    image: &Image,
    people: &People<'_>,
    rule: u32,
    record: &layout::Confinement,
    origin: &Origin,
) -> Result<Confinement, Unreadable> {
    let text =
        |offset: u32| image.string(offset).expect("an image is verified to have its strings").to_owned();
    let kind = DocumentKind::ALL.into_iter().find(|kind| kind.name() == text(origin.kind));
    let dimension = Dimension::ALL.into_iter().find(|known| known.name() == text(origin.dimension));
    let operation = layout::Operation::from_number(record.operation).map(operation);
    let (kind, dimension, operation) =
        (kind.ok_or(UNKNOWN_RULE)?, dimension.ok_or(UNKNOWN_RULE)?, operation.ok_or(UNKNOWN_RULE)?);
    let region = people.region(rule);
    // A domain without executables confines no process: this happens if an exemption covers the whole subject.
    let confined = region.and_then(|_| people.subject(rule));
    let confines_no_process = confined.is_none();
    let (subject, children) = confined.unwrap_or((Subject::Everyone, Children::Leave));
    let exemption = |process: Option<PathPattern>, parent: Option<PathPattern>| Exemption {
        process,
        parent,
        span: Span::NOWHERE,
        reason: String::new(),
        owner: None,
        expiry: None,
    };
    let mut exemptions: Vec<Exemption> = if confines_no_process {
        vec![exemption(None, None)]
    } else {
        people.exempted(rule, &subject).into_iter().map(|process| exemption(Some(process), None)).collect()
    };
    for (key, _) in image.entries::<layout::Exemption, u32>(Section::Exemptions) {
        if key.confinement == rule {
            let who = |domain: u32| -> Vec<Option<PathPattern>> {
                if domain == ANY_DOMAIN {
                    vec![None]
                } else {
                    people.members(domain).into_iter().map(Some).collect()
                }
            };
            for process in who(key.own) {
                exemptions
                    .extend(who(key.parent).into_iter().map(|parent| exemption(process.clone(), parent)));
            }
        }
    }
    let blocks = record.flags & CONFINEMENT_BLOCKS != 0
        || matches!(dimension, Dimension::Template | Dimension::NameSpace);
    let scope = image
        .record::<u32>(Section::Scopes, u32::from(record.scope))
        .map(text)
        .expect("an image is verified to have its scopes");
    Ok(Confinement {
        document: Arc::new(DocumentReference { kind, id: text(origin.id), name: text(origin.name) }),
        dimension,
        span: Span::NOWHERE,
        subject,
        children,
        operation,
        condition: region.map_or(Condition::Always, |region| condition(region, record.access)),
        effect: effect(record.effect).ok_or(UNKNOWN_RULE)?,
        gate: Gate::Active,
        scope: match scope.split_once(':') {
            Some(("group", name)) => Scope::Group(name.to_owned()),
            Some(("sensor", name)) => Scope::Sensor(name.to_owned()),
            _ => Scope::Fleet,
        },
        exemptions,
        listing: if blocks { Listing::Blocks } else { Listing::Allows },
        members: Vec::new(),
        waivers: Arc::default(),
    })
}

fn condition(region: &Region, access: u16) -> Condition {
    match region {
        Region::Whole(_) => Condition::Always,
        Region::Exec { paths, anonymous } => Condition::Exec { paths: paths.clone(), anonymous: *anonymous },
        Region::Open(opens) => {
            let paths = opens.parts().map(|(_, paths)| paths.clone()).find(|paths| !paths.is_empty());
            Condition::Open { paths: paths.unwrap_or_default(), accesses: accesses(access) }
        }
        Region::Connect(set) => Condition::Connect(set.clone()),
        Region::Capability(set) => Condition::Capability(*set),
        Region::Syscall(set) => Condition::Syscall(set.clone()),
        Region::Socket(set) => Condition::Socket(set.clone()),
    }
}

fn operation(operation: layout::Operation) -> Operation {
    use layout::Operation as Kernel;
    match operation {
        Kernel::Exec => Operation::Exec,
        Kernel::File => Operation::Open,
        Kernel::Connect => Operation::Connect,
        Kernel::Capability => Operation::Capability,
        Kernel::Syscall => Operation::Syscall,
        Kernel::ModuleLoad => Operation::ModuleLoad,
        Kernel::UserNamespace => Operation::UserNamespace,
        Kernel::RawSocket | Kernel::PacketSocket => Operation::Socket,
        Kernel::CapsetSysAdmin => Operation::Capset,
        Kernel::PtraceAttach => Operation::Ptrace,
        Kernel::MemoryFile => Operation::MemoryFile,
        Kernel::PivotRoot => Operation::PivotRoot,
        Kernel::Mount => Operation::Mount,
        Kernel::Unshare => Operation::Unshare,
        Kernel::BpfLoad => Operation::Bpf,
        Kernel::SetId => Operation::SetId,
    }
}

fn effect(number: u8) -> Option<Effect> {
    let name = layout::Effect::from_number(number)?.name();
    Effect::ALL.into_iter().find(|effect| effect.name() == name)
}
