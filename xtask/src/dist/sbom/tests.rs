//! The bill of materials of this workspace, and of a small graph whose answer is known.

use super::*;

fn package(id: &str, published: bool, kind: &str, license: &str) -> Value {
    json!({
        "id": id, "name": id, "version": "1.0.0+build", "license": license, "description": "two\n  lines",
        "source": if published { json!("registry+https://example.org") } else { Value::Null },
        "repository": null, "targets": [{"kind": [kind]}],
    })
}

fn node(id: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
    let dependencies =
        dependencies.iter().map(|(to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]}));
    json!({"id": id, "deps": dependencies.collect::<Vec<_>>()})
}

/// `telovix` ships `used`; `derive` and what it needs run in the compiler; `script` while building; `tests` never.
fn small() -> Value {
    let mut packages = vec![package("telovix", false, "bin", "Apache-2.0")];
    packages.push(package("derive", true, "proc-macro", "MIT"));
    packages
        .extend(["used", "syntax", "script", "tests"].map(|id| package(id, true, "lib", "MIT/Apache-2.0")));
    json!({"packages": packages, "resolve": {"nodes": [
        node("telovix", &[("used", None), ("derive", None), ("script", Some("build")), ("tests", Some("dev"))]),
        node("derive", &[("syntax", None)]),
        node("used", &[]), node("syntax", &[]), node("script", &[]), node("tests", &[]),
    ]}})
}

fn parsed(metadata: &Value, lock: &str) -> Value {
    serde_json::from_str(&document(metadata, lock).unwrap()).unwrap()
}

#[test]
fn packages_of_the_binary_are_separated_from_those_of_the_build() {
    let lock = "[[package]]\nname = \"used\"\nversion = \"1.0.0+build\"\nchecksum = \"abc\"\n";
    let bill = parsed(&small(), lock);
    let scope = |component: &Value| format!("{} {}", component["name"], component["scope"]).replace('"', "");
    let scopes: Vec<_> = bill["components"].as_array().unwrap().iter().map(scope).collect();
    assert_eq!(scopes, ["derive excluded", "script excluded", "syntax excluded", "used required"]);

    let used = &bill["components"][3];
    assert_eq!(used["purl"], "pkg:cargo/used@1.0.0%2Bbuild");
    assert_eq!(used["hashes"], json!([{"alg": "SHA-256", "content": "abc"}]));
    assert_eq!(used["licenses"], json!([{"expression": "MIT OR Apache-2.0"}]));
    assert_eq!(used["description"], "two lines");
    assert_eq!(bill["metadata"]["component"]["name"], "telovix");
    assert_eq!(bill["metadata"]["component"]["type"], "application");
}

#[test]
fn a_package_that_only_a_feature_for_tests_brings_is_not_listed() {
    let tree = "telovix v1.0.0+build (/repository/crates/cli)\nderive v1.0.0+build (proc-macro)\n\
                syntax v1.0.0+build\nscript v1.0.0+build\nsyntax v1.0.0+build (*)\n";
    let bill = parsed(&restrict(small(), tree).unwrap(), "");
    let names: Vec<_> =
        bill["components"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["derive", "script", "syntax"]);
    assert!(!bill["dependencies"].to_string().contains("used"), "{bill}");
    let unknown = restrict(small(), "telovix v2.0.0\n").unwrap_err().to_string();
    assert_eq!(unknown, "cargo tree lists 1 packages, cargo metadata 0");
}

#[test]
fn the_order_in_which_cargo_lists_packages_does_not_matter() {
    let mut turned = small();
    turned["packages"].as_array_mut().unwrap().reverse();
    turned["resolve"]["nodes"].as_array_mut().unwrap().reverse();
    assert_eq!(document(&small(), "").unwrap(), document(&turned, "").unwrap());
}

#[test]
fn another_package_gives_another_serial_number() {
    let serial = |metadata: &Value| parsed(metadata, "")["serialNumber"].clone();
    let mut other = small();
    other["packages"][2]["version"] = json!("2.0.0");
    assert_ne!(serial(&small()), serial(&other));
}

/// What CycloneDX 1.6 asks of the parts that are written here.
fn schema() -> Value {
    let component = json!({
        "type": "object",
        "required": ["type", "name", "version", "bom-ref", "purl", "licenses", "scope"],
        "properties": {
            "type": {"enum": ["application", "library"]},
            "purl": {"pattern": "^pkg:cargo/[A-Za-z0-9_-]+@[0-9A-Za-z.%-]+$"},
            "scope": {"enum": ["required", "optional", "excluded"]},
            "licenses": {"type": "array", "items": {"required": ["expression"]}, "minItems": 1, "maxItems": 1},
            "hashes": {"items": {"properties": {
                "alg": {"const": "SHA-256"}, "content": {"pattern": "^[a-f0-9]{64}$"},
            }}},
        },
    });
    json!({
        "type": "object",
        "required": ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"],
        "properties": {
            "bomFormat": {"const": "CycloneDX"},
            "specVersion": {"const": "1.6"},
            "version": {"const": 1},
            "serialNumber": {
                "pattern": "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
            },
            "metadata": {"required": ["component"], "properties": {"component": component}},
            "components": {"type": "array", "items": component, "uniqueItems": true},
            "dependencies": {"type": "array", "uniqueItems": true, "items": {"required": ["ref", "dependsOn"]}},
        },
    })
}

#[test]
fn the_bill_of_this_workspace_is_complete_and_always_the_same() {
    let metadata = metadata("x86_64-unknown-linux-gnu").unwrap();
    let lock = std::fs::read_to_string(repository::root().join("Cargo.lock")).unwrap();
    let bill = parsed(&metadata, &lock);
    assert_eq!(document(&metadata, &lock).unwrap(), document(&metadata, &lock).unwrap());
    let schema = jsonschema::validator_for(&schema()).unwrap();
    let errors: Vec<_> = schema.iter_errors(&bill).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");

    let components = bill["components"].as_array().unwrap();
    let named = |name| components.iter().find(|component| component["name"] == name);
    for shipped in ["clap", "ed25519-dalek", "aya", "telovix-compiler"] {
        assert_eq!(named(shipped).expect(shipped)["scope"], "required", "{shipped}");
    }
    assert_eq!(named("serde_derive").expect("derives are used")["scope"], "excluded");
    assert!(named("proptest").is_none(), "tests are not part of the binary");
    for component in components {
        let is_ours = component["name"].as_str().unwrap().starts_with("telovix");
        assert_ne!(is_ours, component["hashes"].is_array(), "{component}");
    }

    let dependencies = bill["dependencies"].as_array().unwrap();
    let references: BTreeSet<_> = dependencies.iter().map(|entry| entry["ref"].to_string()).collect();
    assert_eq!(references.len(), components.len() + 1);
    for entry in dependencies {
        for on in entry["dependsOn"].as_array().unwrap() {
            assert!(references.contains(&on.to_string()), "{on} is listed");
        }
    }
}
