use std::fs;

use vending_client::testing::Reply;

use crate::api::{identity, stack, vended};
use crate::harness::{Vend, assert_shown};

/// STS and CloudFormation at the endpoint of AWS, without an API that is configured.
fn vend() -> Vend {
    let vend = Vend::with_calls(|call, _| match call.body.split('&').next()? {
        "Action=GetCallerIdentity" => Some(Reply::Xml(identity())),
        "Action=DescribeStacks" => Some(Reply::Xml(stack("https://stack.execute-api.eu-west-1.amazonaws.com/v1"))),
        _ => None,
    });
    vend.unset("VEND_API_URL")
}

const FILE: &str = "https://file.execute-api.us-east-1.amazonaws.com/v1";
const PROFILE: &str = "https://profile.execute-api.us-east-1.amazonaws.com/v1";

fn with_files() -> Vend {
    let vend = vend();
    vend.write("vend.toml", &format!("api-url = \"{FILE}\"\n"));
    vend.write(".aws/credentials", "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n");
    vend.write(
        ".config/vend/config.toml",
        &format!("[profiles.default]\napi-url = \"{PROFILE}\"\nregion = \"eu-central-1\"\n[profiles.other]\napi-url = \"{PROFILE}\"\naws-profile = \"base\"\n"),
    );
    vend
}

#[test]
fn whoami_says_where_each_value_comes_from() {
    let vend = with_files();
    assert_shown!(
        "whoami",
        vend.run("whoami"),
        vend.run("whoami --output json"),
        vend.run("whoami --output jsonl"),
        vend.run("whoami --api-url http://127.0.0.1:1/v1 --region eu-north-1"),
    );
}

#[test]
fn first_place_with_a_value_wins() {
    let shown = |vend: &Vend, arguments: &str| {
        let settings = vend.run(&format!("whoami --output json {arguments}")).json()["settings"].clone();
        settings[0]["origin"].as_str().unwrap_or("nothing").to_owned()
    };
    assert_eq!(shown(&vend(), ""), "output ApiUrl of the stack account-vending");
    assert_eq!(shown(&vend(), "--stack mine"), "output ApiUrl of the stack mine");
    let files = with_files();
    assert_eq!(shown(&files, ""), "~/vend.toml");
    assert_eq!(shown(&files, "--profile other"), "profile other in ~/.config/vend/config.toml");
    assert_eq!(shown(&files, &format!("--api-url {FILE}")), "--api-url");
    assert_eq!(shown(&with_files().set("VEND_PROFILE", "other"), ""), "~/vend.toml");
    let variable = with_files().set("VEND_API_URL", FILE);
    assert_eq!(shown(&variable, ""), "VEND_API_URL");
    fs::remove_file(files.home().join("vend.toml")).unwrap();
    assert_eq!(shown(&files, ""), "profile default in ~/.config/vend/config.toml");
}

#[test]
fn file_of_a_folder_above_is_found() {
    let vend = with_files();
    fs::create_dir_all(vend.home().join("a/b")).unwrap();
    let child = vend.command("whoami").current_dir(vend.home().join("a/b")).spawn().unwrap();
    let run = vend.finish("whoami", child);
    assert!(run.stdout.contains("(~/vend.toml)"), "{}", run.stdout);
}

#[test]
fn region_of_the_url_is_signed_for() {
    let vend = Vend::with(|_, _| Some(Reply::ok(vended())));
    vend.run("show nsitwn5ke2shymhizrnj-1 --region eu-west-1");
    let authorization = vend.api.calls()[0].headers["authorization"].clone();
    assert!(authorization.contains("/eu-west-1/execute-api/"), "{authorization}");
}

#[test]
fn wrong_configuration_ends_with_2() {
    let vend = vend();
    vend.write("vend.toml", "# mine\napi-url = \"http://example.com\"\n");
    let url = vend.run("list accounts");
    vend.write("vend.toml", "api-url = \"https://example.com\"\nurl = 1\n");
    let field = vend.run("list accounts");
    vend.write("vend.toml", "api-url = \n");
    let syntax = vend.run("list accounts");
    fs::remove_file(vend.home().join("vend.toml")).unwrap();
    assert_shown!("wrong-configuration", url, field, syntax, vend.run("list accounts --profile nowhere"));
}

#[test]
fn api_that_is_not_configured_is_explained() {
    let vend = Vend::with(|_, _| Some(Reply::Xml("<DescribeStacksResponse/>".to_owned()))).unset("VEND_API_URL");
    assert_shown!("not-configured", vend.run("list accounts"));
}

#[test]
fn configuration_is_written() {
    let vend = vend();
    let here = vend.run(&format!("configure --here --api-url {FILE}"));
    let user = vend.run(&format!("configure --api-url {PROFILE} --aws-profile base --output json"));
    let other = vend.run(&format!("configure --profile other --api-url {PROFILE} --quiet"));
    assert_shown!("configure", here, user, other);
    assert_eq!(fs::read_to_string(vend.home().join("vend.toml")).unwrap(), format!("api-url = \"{FILE}\"\n"));
    let text = fs::read_to_string(vend.home().join(".config/vend/config.toml")).unwrap();
    assert_eq!(
        text,
        format!(
            "[profiles.default]\napi-url = \"{PROFILE}\"\naws-profile = \"base\"\n\n[profiles.other]\napi-url = \"{PROFILE}\"\n"
        )
    );
}

#[test]
fn value_is_not_replaced_unasked() {
    let vend = vend();
    let path = vend.write("vend.toml", &format!("# ours\napi-url = \"{FILE}\" # the new one\n"));
    let unasked = vend.run(&format!("configure --here --api-url {PROFILE}"));
    assert!(fs::read_to_string(&path).unwrap().contains(FILE));
    let replaced = vend.run(&format!("configure --here --api-url {PROFILE} --yes"));
    assert_shown!(
        "configure-again",
        unasked,
        replaced,
        vend.run("configure"),
        vend.run("configure --api-url nonsense")
    );
    assert!(fs::read_to_string(&path).unwrap().starts_with(&format!("# ours\napi-url = \"{PROFILE}\"")));
}
