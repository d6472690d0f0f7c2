//! The JSON schema of a request accepts and rejects the same bodies as the parser.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use vending_core::{AccountRequest, RequestPolicy, fixtures};

use crate::project::{event, read};

fn account_request() -> Validator {
    let schema: Value = serde_json::from_str(&read("schemas/account-request.schema.json")).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[test]
fn demo_request_matches_the_schema() {
    account_request().validate(&event("account-request")).unwrap();
}

/// The body that all cases start from. It has an email, because `emailPattern` depends on the organization.
fn body() -> Value {
    json!({ "accountName": "payments-dev", "accountEmail": "aws@example.com", "organizationalUnit": "Workloads" })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = body();
    body[name] = value;
    body
}

/// A body with one repository in `githubDeploy` in which this field is different.
fn deploying(name: &str, value: Value) -> Value {
    let mut deploy = json!({
        "repository": "acme/payments", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    });
    deploy[name] = value;
    with("githubDeploy", json!([deploy]))
}

fn granting(grants: Value) -> Value {
    with("access", grants)
}

/// A body with a security contact in which this field is different.
fn contacting(name: &str, value: Value) -> Value {
    let mut contact = json!({ "name": "Sam", "title": "Head", "email": "sam@example.com", "phone": "1" });
    contact[name] = value;
    with("contacts", json!({ "security": contact }))
}

fn is_parsed(body: &Value) -> bool {
    let everything = fixtures::open_settings().resolve(&["r-root".parse().unwrap()]);
    AccountRequest::parse(body, &RequestPolicy::new(everything, false, &[])).is_ok()
}

#[test]
fn schema_and_parser_accept_the_same_bodies() {
    let schema = account_request();
    for (bodies, is_valid) in [(valid_bodies(), true), (invalid_bodies(), false)] {
        for body in bodies {
            assert_eq!(is_parsed(&body), is_valid, "parser: {body}");
            assert_eq!(schema.is_valid(&body), is_valid, "schema: {body}");
        }
    }
}

fn valid_bodies() -> Vec<Value> {
    let mut bodies = vec![body(), json!({ "accountName": "a", "organizationalUnit": "b" }), with("tags", tags(40))];
    for name in ["accountEmail", "owner", "reason", "tags", "access", "githubDeploy", "monthlyBudgetUsd", "contacts"] {
        bodies.push(with(name, Value::Null));
    }
    bodies.extend(valid_grants().into_iter().map(granting));
    bodies.extend(valid_deploys());
    bodies.extend([json!(1), json!(500.0), json!(1_000_000_000)].map(|budget| with("monthlyBudgetUsd", budget)));
    bodies.extend(valid_contacts());
    let longest = "x".repeat(50);
    bodies.extend(["a", "Payments Dev", "R&D!~", &longest].map(|name| with("accountName", name.into())));
    bodies.extend(valid_emails().into_iter().map(|email| with("accountEmail", email.into())));
    bodies.extend(["AWS+Pay@Example.com", "+/=_-@x.y", "a.b.@a-.-b.c"].map(|email| with("owner", email.into())));
    bodies.extend(valid_units().into_iter().map(|unit| with("organizationalUnit", unit.into())));
    bodies.extend(["", "a\nb", &"\u{1F600}".repeat(500)].map(|reason| with("reason", reason.into())));
    bodies.extend(
        [("CostCenter", "1234 / a@b"), ("Größe", "größer"), ("aws", ""), ("x-aws:y", "²½"), (&"k".repeat(128), "")]
            .map(|(key, value)| with("tags", json!({ key: value }))),
    );
    bodies.push(with("tags", json!({ "k": "v".repeat(256) })));
    bodies
}

fn invalid_bodies() -> Vec<Value> {
    let mut bodies = vec![json!([]), json!("x"), Value::Null, json!({}), with("color", "red".into())];
    bodies.push(with("color", Value::Null));
    for name in ["accountName", "organizationalUnit"] {
        bodies.push(with(name, Value::Null));
        let mut without = body();
        without.as_object_mut().unwrap().remove(name);
        bodies.push(without);
    }
    for name in ["accountName", "accountEmail", "organizationalUnit", "owner", "reason", "tags", "contacts"] {
        bodies.extend([json!(7), json!(true), json!([]), json!(["x"])].map(|value| with(name, value)));
    }
    for name in ["access", "githubDeploy"] {
        bodies.extend([json!(7), json!(true), json!({}), json!(["x"]), json!([null])].map(|value| with(name, value)));
    }
    let budgets = [json!(0), json!(-1), json!(1.5), json!(1_000_000_001), json!(1e300), json!("500"), json!([])];
    bodies.extend(budgets.map(|budget| with("monthlyBudgetUsd", budget)));
    bodies.extend(invalid_grants().into_iter().map(granting));
    bodies.extend(invalid_deploys());
    bodies.extend(invalid_contacts());
    let too_long = "x".repeat(51);
    let names = ["", " a", "a ", " ", "a<b", "a>b", "é", "a\tb", "a\n", &too_long];
    bodies.extend(names.map(|name| with("accountName", name.into())));
    for email in invalid_emails() {
        bodies.push(with("accountEmail", email.clone().into()));
        bodies.push(with("owner", email.into()));
    }
    bodies.extend("!#$*?^`{}~".chars().map(|sign| with("owner", format!("a{sign}b@example.com").into())));
    bodies.extend(invalid_units().into_iter().map(|unit| with("organizationalUnit", unit.into())));
    bodies.push(with("reason", "\u{1F600}".repeat(501).into()));
    bodies.push(with("tags", tags(41)));
    for (key, value) in [
        ("", ""),
        ("aws:x", ""),
        ("AWS:x", ""),
        ("Account-Vending:key", ""),
        ("a<b", ""),
        ("a\n", ""),
        ("k", "a&b"),
        ("k", "\t"),
        ("k", "จัดการ"),
        (&"k".repeat(129), ""),
        ("k", &"v".repeat(257)),
    ] {
        bodies.push(with("tags", json!({ key: value })));
    }
    bodies.extend([json!({ "k": 7 }), json!({ "k": null }), json!({ "k": {} })].map(|tags| with("tags", tags)));
    bodies
}

fn valid_grants() -> Vec<Value> {
    let grant = |name: &str, value: &str| json!([{ name: value, "permissionSet": "Power+User=,.@_-7" }]);
    let many = (0..20).map(|number| json!({ "group": format!("g{number}"), "permissionSet": "A" })).collect();
    vec![
        json!([]),
        many,
        grant("group", "Entwickler Größe (EU)"),
        grant("group", &"g".repeat(1024)),
        grant("user", "jo"),
        grant("user", "Jo.Øst+aws@example.com"),
        json!([{ "group": "g", "user": null, "permissionSet": "A" }]),
        json!([{ "group": "g", "permissionSet": "A" }, { "user": "g", "permissionSet": "A" }]),
    ]
}

fn invalid_grants() -> Vec<Value> {
    let grant = |name: &str, value: Value| json!([{ name: value, "permissionSet": "A" }]);
    let set = |name: Value| json!([{ "group": "g", "permissionSet": name }]);
    let too_many = (0..21).map(|number| json!({ "group": format!("g{number}"), "permissionSet": "A" })).collect();
    let mut grants = vec![
        too_many,
        json!([{}]),
        json!([{ "group": "g" }]),
        json!([{ "permissionSet": "A" }]),
        json!([{ "group": null, "user": null, "permissionSet": "A" }]),
        json!([{ "group": "g", "user": "u", "permissionSet": "A" }]),
        json!([{ "group": "g", "permissionSet": "A", "role": "A" }]),
        json!([{ "group": "g", "permissionSet": "A" }, { "group": "g", "permissionSet": "A" }]),
    ];
    grants.extend(["", " g", "g ", "a\nb", &"g".repeat(1025)].map(|name| grant("group", name.into())));
    grants.extend(["", "j o", "jo\n", "jo\u{a0}", &"u".repeat(255)].map(|name| grant("user", name.into())));
    grants.extend([json!(7), json!([])].map(|name| grant("user", name)));
    grants.extend(["", "a b", "a/b", "*", "é", &"s".repeat(33)].map(|name| set(name.into())));
    grants.extend([Value::Null, json!(7)].map(set));
    grants
}

fn valid_deploys() -> Vec<Value> {
    let mut bodies = vec![with("githubDeploy", json!([])), deploying("classicSubject", json!(true))];
    for repository in ["acme/.github", "ACME/a-B_c.d", &format!("acme/{}", "r".repeat(100))] {
        bodies.push(deploying("repository", repository.into()));
    }
    for branch in ["release/1.0", "@a", "a@", "a-b_c.d+e=f,g;h(i)j'k\"l!m#n%o&p<q>r|s`t{u}v]w", "x.lock.y"] {
        bodies.push(deploying("branches", json!([branch])));
    }
    for environment in ["production", "Production EU", "Production:V1", "a/b@c[d]^e~f|g{h}", "%3", &"e".repeat(255)] {
        bodies.push(deploying("environments", json!([environment])));
    }
    for name in ["ownerId", "repositoryId", "environments", "classicSubject"] {
        bodies.push(deploying(name, Value::Null));
    }
    let arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    bodies.push(deploying("policyArns", json!([arn, "arn:aws:iam::aws:policy/a"])));
    for ids in [json!([1, 9_007_199_254_740_991_u64]), json!([1.0, 2]), json!([null, null])] {
        let mut body = deploying("ownerId", ids[0].clone());
        body["githubDeploy"][0]["repositoryId"] = ids[1].clone();
        bodies.push(body);
    }
    let mut in_environments = deploying("environments", json!(["e"]));
    in_environments["githubDeploy"][0]["branches"] = json!([]);
    bodies.push(in_environments);
    bodies
}

fn invalid_deploys() -> Vec<Value> {
    let eleven: Value = (0..11).map(|number| format!("x{number}")).collect();
    let mut bodies = vec![with("githubDeploy", json!([{}])), deploying("color", json!("red"))];
    bodies.extend(["repository", "policyArns"].map(|name| deploying(name, Value::Null)));
    for repository in [
        "",
        "acme",
        "acme/",
        "/pay",
        "acme/pay/x",
        "acme/*",
        "ac*e/pay",
        "acme/pa?",
        "-acme/pay",
        "acme/.",
        "acme/..",
        "acme/pay.git",
        "https://github.com/acme/pay",
        "acme@1/pay@2",
        "acme/p ay",
        "acme/pay:ref",
        &format!("acme/{}", "r".repeat(101)),
    ] {
        bodies.push(deploying("repository", repository.into()));
    }
    for branch in [
        "",
        "*",
        "release/*",
        "mai?",
        "[a]",
        "a b",
        "a\\b",
        "a~b",
        "a^b",
        "a:b",
        "a\n",
        "${aws:username}",
        "a..b",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.",
        "a.lock",
        "a.lock/b",
        "a@{b",
        "@",
        "-a",
        "refs/heads/main",
        "é",
        &"b".repeat(256),
    ] {
        bodies.push(deploying("branches", json!([branch])));
    }
    for environment in [
        "",
        " e",
        "e ",
        "*",
        "pro?",
        "a'b",
        "a\"b",
        "a`b",
        "a,b",
        "a;b",
        "a\\b",
        "a$b",
        "a%3ab",
        "é",
        "a\n",
        &"e".repeat(256),
    ] {
        bodies.push(deploying("environments", json!([environment])));
    }
    for name in ["branches", "environments", "policyArns"] {
        bodies.push(deploying(name, eleven.clone()));
        bodies.extend([json!("x"), json!([7]), json!([null]), json!({})].map(|value| deploying(name, value)));
    }
    bodies.push(deploying("branches", json!([])));
    bodies.push(deploying("branches", Value::Null));
    bodies.push(deploying("branches", json!(["main", "main"])));
    for arn in [
        "",
        "*",
        "arn:aws:iam::aws:policy/",
        "arn:aws:iam::aws:policy/a//b",
        "arn:aws:iam::aws:policy/*",
        "arn:aws:iam::111122223333:policy/Mine",
        "arn:aws:iam::aws:role/Admin",
        "AdministratorAccess",
    ] {
        bodies.push(deploying("policyArns", json!([arn])));
    }
    bodies.push(deploying("policyArns", json!([])));
    bodies.extend(["ownerId", "repositoryId"].map(|name| deploying(name, json!(1))));
    for id in [json!(0), json!(-1), json!(1.5), json!("1"), json!(9_007_199_254_740_992_u64)] {
        let mut body = deploying("ownerId", id);
        body["githubDeploy"][0]["repositoryId"] = json!(1);
        bodies.push(body);
    }
    bodies.extend([json!("true"), json!(1)].map(|flag| deploying("classicSubject", flag)));
    bodies
}

fn valid_contacts() -> Vec<Value> {
    let mut bodies = vec![with("contacts", json!({})), with("contacts", json!({ "billing": null }))];
    bodies.push(contacting("name", "Ä".repeat(64).into()));
    bodies.push(contacting("title", "T".repeat(50).into()));
    bodies.extend(["a_b+c=d.e#f|g!h&i-j@k_l.m-n.o", "A@b.c"].map(|email| contacting("email", email.into())));
    bodies.push(contacting("email", format!("{}@b.c", "a".repeat(250)).into()));
    bodies.extend(["+49 (30) 5550-100", &"1".repeat(25)].map(|phone| contacting("phone", phone.into())));
    bodies
}

fn invalid_contacts() -> Vec<Value> {
    let mut bodies = vec![with("contacts", json!({ "legal": null })), with("contacts", json!({ "security": {} }))];
    for name in ["name", "title", "email", "phone"] {
        bodies.extend([Value::Null, json!(7), json!("")].map(|value| contacting(name, value)));
    }
    bodies.push(contacting("fax", "1".into()));
    bodies.extend([" a", "a\tb", &"n".repeat(65)].map(|name| contacting("name", name.into())));
    bodies.push(contacting("title", "t".repeat(51).into()));
    for email in ["a", "@b.c", "a@b", "a@.c", "a@b.", "a@b.c-d", "a@@b.c", "a b@c.d", "a%b@c.d", "é@b.c", "a@b.c\n"] {
        bodies.push(contacting("email", email.into()));
    }
    bodies.push(contacting("email", format!("{}@b.c", "a".repeat(251)).into()));
    bodies.extend(["+", "1/2", "1\n", "x1", &"1".repeat(26)].map(|phone| contacting("phone", phone.into())));
    bodies
}

/// Rules that JSON Schema cannot express: they depend on the stack or on other entries.
#[test]
fn parser_rejects_what_the_schema_cannot_express() {
    let schema = account_request();
    let mut duplicate = deploying("branches", json!(["main"]));
    duplicate["githubDeploy"].as_array_mut().unwrap().push(json!({
        "repository": "Acme/Payments", "branches": ["dev"], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    }));
    let long: Value = (0..8).map(|number| "b".repeat(200 + number)).collect();
    for body in [duplicate, deploying("repository", "evil/payments".into()), deploying("branches", long)] {
        assert!(schema.is_valid(&body), "{body}");
        assert!(!is_parsed(&body), "{body}");
    }
}

fn tags(count: usize) -> Value {
    (0..count).map(|number| (format!("k{number}"), Value::from("v"))).collect::<Map<_, _>>().into()
}

fn valid_emails() -> Vec<String> {
    let longest = format!("{}@example.com", "a".repeat(52));
    let emails = ["AWS+Pay@Example.com", "a@b.co", "!#$*+/=?^_`{}~-@x.y", "a.b.@a-.-b.c", "-@1.2-3.4x", &longest];
    emails.map(str::to_owned).into()
}

fn invalid_emails() -> Vec<String> {
    let too_long = format!("{}@example.com", "a".repeat(53));
    let forbidden = "\"'()<>[]:;,\\|%& \u{e9}\n".chars().map(|wrong| format!("a{wrong}b@example.com"));
    let others = [
        "",
        "a@b.c",
        "no-at.example.com",
        "two@ats@example.com",
        "@example.com",
        ".dot@example.com",
        "name@localhost",
        "name@-example.com",
        "name@.example.com",
        "name@example.com.",
        "name@example.com-",
        "name@exa..mple.com",
        "name@exam_ple.com",
        "name@example.com\n",
        &too_long,
    ];
    forbidden.chain(others.map(str::to_owned)).collect()
}

fn valid_units() -> Vec<String> {
    let longest = "ü".repeat(128);
    let units = ["W", "Workloads/Business Unit (EU)/Development", "1/2/3/4/5", ".a", "a.", "...", "a/..b/c", &longest];
    units.map(str::to_owned).into()
}

fn invalid_units() -> Vec<String> {
    let too_long = "x".repeat(129);
    let units = [
        "",
        "/",
        "/A",
        "A/",
        "A//B",
        "A/../B",
        ".",
        "..",
        "./A",
        "A/.",
        " A",
        "A ",
        "A/ B",
        "A /B",
        "A\u{a0}",
        "\u{2003}A",
        "\u{3000}",
        "A\nB",
        "A\n",
        "A\u{85}",
        "\u{7f}",
        "1/2/3/4/5/6",
        &too_long,
    ];
    units.map(str::to_owned).into()
}
