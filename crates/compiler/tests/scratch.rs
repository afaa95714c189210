
use telovix_compiler::catalogue::catalogue;
use telovix_compiler::{Options, compile};
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::Example;
use telovix_policy::value::Date;
#[test]
fn scratch() {
    for code in catalogue() {
        let Example::Text(text) = code.fires else { continue };
        let sources = SourceSet::single("example.yaml", text);
        let out = compile(&sources, &Options::on(Date::new(2026, 11, 21).unwrap()));
        for found in &out.diagnostics {
            if let Some(fix) = &found.fix {
                println!("FIX {} on {} {:?} {:?}", found.code.id, code.id, fix.certainty, fix.edits.iter().map(|e| (sources.text(e.span), &e.replacement)).collect::<Vec<_>>());
                if found.code.id == code.id {
                    std::fs::write(format!("../../tests/fix/{}.yaml", code.id), text).unwrap();
                }
            }
        }
    }
}
