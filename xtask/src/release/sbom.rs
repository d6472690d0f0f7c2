//! The software bill of materials of a package, in CycloneDX 1.5.
//!
//! Written here because a package has many programs: the existing tools describe one crate in each document, or the
//! whole workspace with its tests. The same sources make the same document, so it has no time and no serial number.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

const LICENSE: &str = "Apache-2.0";

/// What a document describes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    /// Not that of a crate.
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    /// The crate of its program. Without it, its programs are the default members of the workspace.
    pub(crate) program: Option<&'a str>,
}

/// What cargo says of the programs of a product for one architecture.
pub(crate) struct Sources {
    /// `cargo metadata`: names, licenses and dependencies, but of more crates than are compiled. It switches on what
    /// the tests need, too.
    pub(crate) metadata: String,
    /// `cargo tree`: every crate that is compiled, one on each line.
    pub(crate) compiled: String,
    /// `cargo tree` without build dependencies and macros: the crates whose code is in the functions.
    pub(crate) shipped: String,
}

/// Crates that only run while the programs are built have the scope `excluded`.
pub(crate) fn render(product: Product<'_>, sources: &Sources, version: &str, architecture: &str) -> Result<String> {
    let metadata: Metadata = serde_json::from_str(&sources.metadata).context("read what cargo metadata prints")?;
    let (compiled, shipped) = (crates_in(&sources.compiled)?, crates_in(&sources.shipped)?);
    let packages = metadata.packages.iter().map(|package| (package.id.as_str(), package));
    let packages: BTreeMap<&str, &Package> =
        packages.filter(|(_, package)| compiled.contains(&package.reference())).collect();
    if packages.len() != compiled.len() {
        bail!("cargo tree names {} crates, and cargo metadata describes {} of them", compiled.len(), packages.len());
    }
    let programs = metadata.programs(product);
    let mut components = BTreeMap::new();
    for (id, package) in &packages {
        let is_program = programs.contains(*id);
        let reference = package.reference();
        let is_shipped = shipped.contains(&reference);
        components.insert(reference, component(package, is_program, is_shipped));
    }
    let reference = format!("{}@{version}", product.name);
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": reference, "name": product.name, "version": version,
            "description": format!("{} for {architecture}", product.description),
            "licenses": [{ "expression": LICENSE }],
        } },
        "components": components.into_values().collect::<Vec<Value>>(),
        "dependencies": dependencies(&metadata, &packages, &programs, reference),
    });
    Ok(serde_json::to_string_pretty(&document).context("write the SBOM")? + "\n")
}

/// The lines of `cargo tree --prefix none`, such as `serde_derive v1.0.229 (proc-macro) (*)`, as `serde_derive@1.0.229`.
fn crates_in(tree: &str) -> Result<BTreeSet<String>> {
    let lines = tree.lines().filter(|line| !line.is_empty());
    let reference = |line: &str| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some(format!("{name}@{version}"))
    };
    lines
        .map(|line| reference(line).with_context(|| format!("cargo tree printed {line:?}, which is not a crate")))
        .collect()
}

fn component(package: &Package, is_program: bool, is_shipped: bool) -> Value {
    let mut component = json!({
        "type": if is_program { "application" } else { "library" },
        "bom-ref": package.reference(),
        "name": package.name,
        "version": package.version,
        "scope": if is_shipped { "required" } else { "excluded" },
    });
    if let Some(license) = &package.license {
        component["licenses"] = json!([{ "expression": spdx_expression(license) }]);
    }
    // Our own crates are not published: a crate of the same name on crates.io is another one.
    if package.source.is_some() {
        component["purl"] = format!("pkg:cargo/{}", package.reference()).into();
    }
    component
}

/// Older crates write `MIT/Apache-2.0`, which is not an SPDX expression.
fn spdx_expression(license: &str) -> String {
    license.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

/// The product depends on its programs, and each crate on those that are compiled for it.
fn dependencies(
    metadata: &Metadata,
    packages: &BTreeMap<&str, &Package>,
    programs: &BTreeSet<String>,
    product: String,
) -> Vec<Value> {
    let references = |ids: &mut dyn Iterator<Item = &String>| -> BTreeSet<String> {
        ids.filter_map(|id| packages.get(id.as_str())).map(|package| package.reference()).collect()
    };
    let mut dependencies = BTreeMap::from([(product, references(&mut programs.iter()))]);
    for node in &metadata.resolve.nodes {
        if let Some(package) = packages.get(node.id.as_str()) {
            let needed = node.deps.iter().filter(|dependency| !dependency.is_for_tests());
            dependencies.insert(package.reference(), references(&mut needed.map(|dependency| &dependency.pkg)));
        }
    }
    dependencies.into_iter().map(|(reference, on)| json!({ "ref": reference, "dependsOn": on })).collect()
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    /// The functions.
    workspace_default_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// None for the crates of this workspace.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// None for a normal dependency, `build` or `dev`.
    kind: Option<String>,
}

impl Metadata {
    /// The IDs of the crates of the programs.
    fn programs(&self, product: Product<'_>) -> BTreeSet<String> {
        let Some(name) = product.program else { return self.workspace_default_members.clone() };
        let is_program = |package: &&Package| package.source.is_none() && package.name == name;
        self.packages.iter().filter(is_program).map(|package| package.id.clone()).collect()
    }
}

impl Package {
    fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

impl Dependency {
    fn is_for_tests(&self) -> bool {
        self.dep_kinds.iter().all(|kind| kind.kind.as_deref() == Some("dev"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: Product<'_> = Product { name: "account-vending", description: "The functions", program: None };

    /// A function with one of our crates, a registry crate with a macro, a build dependency and a crate for its tests.
    fn sources() -> Sources {
        let package = |name: &str, source: Option<&str>, license: &str| json!({ "id": format!("id:{name}"), "name": name, "version": "1.2.3", "license": license, "source": source });
        let registry = Some("registry+https://github.com/rust-lang/crates.io-index");
        let on =
            |name: &str, kind: Option<&str>| json!({ "pkg": format!("id:{name}"), "dep_kinds": [{ "kind": kind }] });
        let node = |name: &str, deps: Vec<Value>| json!({ "id": format!("id:{name}"), "deps": deps });
        let metadata = json!({
            "packages": [
                package("xtask", None, "Apache-2.0"),
                package("move-account", None, "Apache-2.0"),
                package("vending-core", None, "Apache-2.0"),
                package("serde", registry, "MIT OR Apache-2.0"),
                package("serde_derive", registry, "MIT/Apache-2.0"),
                package("cc", registry, "MIT"),
                package("mocks", registry, "MIT"),
            ],
            "workspace_default_members": ["id:move-account"],
            "resolve": { "nodes": [
                node("xtask", vec![on("serde", None)]),
                node("move-account", vec![on("vending-core", None), on("mocks", None), on("serde", Some("dev"))]),
                node("vending-core", vec![on("serde", None), on("cc", Some("build"))]),
                node("serde", vec![on("serde_derive", None)]),
                node("serde_derive", vec![]), node("cc", vec![]), node("mocks", vec![]),
            ] },
        });
        let compiled = "move-account v1.2.3 (/checkout/move-account)\nvending-core v1.2.3 (/checkout/core)\n\
                        serde v1.2.3\nserde_derive v1.2.3 (proc-macro)\ncc v1.2.3\n\nserde v1.2.3 (*)\n";
        let shipped = "move-account v1.2.3 (/checkout/move-account)\nvending-core v1.2.3\nserde v1.2.3\n";
        Sources { metadata: metadata.to_string(), compiled: compiled.to_owned(), shipped: shipped.to_owned() }
    }

    fn sbom() -> Value {
        serde_json::from_str(&render(FUNCTIONS, &sources(), "0.1.0", "arm64").unwrap()).unwrap()
    }

    fn of_components(field: &str) -> Vec<(String, String)> {
        let sbom = sbom();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let components = sbom["components"].as_array().unwrap();
        components.iter().map(|component| (text(&component["name"]), text(&component[field]))).collect()
    }

    #[test]
    fn sbom_lists_what_is_compiled_for_functions() {
        let expected = [
            ("cc", "excluded"),
            ("move-account", "required"),
            ("serde", "required"),
            ("serde_derive", "excluded"),
            ("vending-core", "required"),
        ];
        assert_eq!(of_components("scope"), expected.map(|(name, scope)| (name.into(), scope.into())));
    }

    #[test]
    fn only_published_crates_have_a_purl() {
        let purls = of_components("purl");
        assert!(purls.contains(&("serde".into(), "pkg:cargo/serde@1.2.3".into())), "{purls:?}");
        assert!(purls.contains(&("vending-core".into(), "-".into())), "{purls:?}");
    }

    #[test]
    fn licenses_are_spdx_expressions() {
        for license in ["MIT OR Apache-2.0", "MIT/Apache-2.0", "MIT / Apache-2.0"] {
            assert_eq!(spdx_expression(license), "MIT OR Apache-2.0");
        }
        let components = sbom()["components"].clone();
        assert_eq!(components[3]["licenses"], json!([{ "expression": "MIT OR Apache-2.0" }]), "{components}");
    }

    #[test]
    fn product_depends_on_its_functions() {
        let sbom = sbom();
        assert_eq!(sbom["metadata"]["component"]["bom-ref"], "account-vending@0.1.0");
        let dependencies = sbom["dependencies"].as_array().unwrap();
        let expected = json!({ "ref": "account-vending@0.1.0", "dependsOn": ["move-account@1.2.3"] });
        assert_eq!(dependencies[0], expected);
    }

    #[test]
    fn dependencies_for_tests_are_left_out() {
        let sbom = sbom();
        let dependencies = sbom["dependencies"].as_array().unwrap();
        let expected = json!({ "ref": "move-account@1.2.3", "dependsOn": ["vending-core@1.2.3"] });
        assert!(dependencies.contains(&expected), "{dependencies:?}");
        let expected = json!({ "ref": "vending-core@1.2.3", "dependsOn": ["cc@1.2.3", "serde@1.2.3"] });
        assert!(dependencies.contains(&expected), "{dependencies:?}");
    }

    #[test]
    fn crate_without_metadata_is_an_error() {
        let compiled = sources().compiled + "unknown v1.2.3\n";
        let error = render(FUNCTIONS, &Sources { compiled, ..sources() }, "0.1.0", "arm64").unwrap_err().to_string();
        assert_eq!(error, "cargo tree names 6 crates, and cargo metadata describes 5 of them");
    }

    #[test]
    fn order_of_packages_does_not_change_the_sbom() {
        let mut reversed: Value = serde_json::from_str(&sources().metadata).unwrap();
        for list in ["/packages", "/resolve/nodes"] {
            reversed.pointer_mut(list).unwrap().as_array_mut().unwrap().reverse();
        }
        let reversed = Sources { metadata: reversed.to_string(), ..sources() };
        assert_eq!(
            render(FUNCTIONS, &reversed, "0.1.0", "arm64").unwrap(),
            render(FUNCTIONS, &sources(), "0.1.0", "arm64").unwrap()
        );
    }

    #[test]
    fn product_can_be_one_program() {
        let product = Product { name: "command-line", description: "The command line", program: Some("vending-core") };
        let sbom: Value = serde_json::from_str(&render(product, &sources(), "0.1.0", "arm64").unwrap()).unwrap();
        assert_eq!(sbom["metadata"]["component"]["description"], "The command line for arm64");
        let expected = json!({ "ref": "command-line@0.1.0", "dependsOn": ["vending-core@1.2.3"] });
        assert!(sbom["dependencies"].as_array().unwrap().contains(&expected), "{}", sbom["dependencies"]);
        let applications: Vec<_> = sbom["components"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|component| component["type"] == "application")
            .collect();
        assert_eq!(applications.len(), 1);
    }
}
