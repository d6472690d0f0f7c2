//! The README shows what the proxy understands.

use std::collections::BTreeSet;
use std::process::Command;

use hyper::Request;

use crate::cloud::LocalCloud;

const README: &str = include_str!("../../README.md");
const CONTROL_API: &str = "http://127.0.0.1:4600/_strict/";

/// The text between two headings.
fn section(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(heading).unwrap();
    rest.split("\n## ").next().unwrap()
}

async fn send(cloud: &LocalCloud, method: &str, route: &str, body: &str) {
    let request = Request::builder().method(method).uri(format!("{}/_strict/{route}", cloud.endpoint));
    let (status, response) = cloud.send_unsigned(request, body).await.unwrap();
    assert_eq!(status, 200, "{method} {route} {body}: {response}");
}

/// The first code in a cell of a table.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn routes_of_the_control_api_exist() {
    let cloud = LocalCloud::start().await;
    cloud.create("dev@example.com").await;
    let rows = section("\n## Control API\n").lines().filter(|line| line.starts_with("| ") && line.contains("| `"));
    let mut routes = 0;
    for row in rows.take_while(|row| !row.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let account = if cells[1].contains("accounts/") { "000000000001" } else { "1" };
        let route = code(cells[1]).replace("{id}", account);
        for method in cells[0].split(", ") {
            let body = if ["PUT", "POST"].contains(&method) { code(cells[2]) } else { "" };
            send(&cloud, method, &route, body).await;
            routes += 1;
        }
    }
    assert_eq!(routes, 38, "the README has every method of every route in control/server.rs");
}

#[tokio::test]
async fn commands_of_the_control_api_are_accepted() {
    let cloud = LocalCloud::start().await;
    let mut commands = 0;
    for command in README.split("curl ").filter_map(|command| command.strip_prefix(CONTROL_API)) {
        let route = command.split_whitespace().next().unwrap();
        let (method, body) = if command[route.len()..].starts_with(" -d '") {
            ("POST", command.split('\'').nth(1).unwrap())
        } else if command[route.len()..].starts_with(" -X DELETE") {
            ("DELETE", "")
        } else {
            ("GET", "")
        };
        send(&cloud, method, route, body).await;
        commands += 1;
    }
    assert_eq!(commands, 7);
}

#[test]
fn options_of_the_program_are_listed() {
    let help = Command::new(env!("CARGO_BIN_EXE_strict-proxy")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let words = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    let mut known: BTreeSet<&str> = words.map(|word| word.trim_end_matches(',')).collect();
    known.remove("help");
    let (_, table) = README.split_once("\n### Options\n").unwrap();
    let rows = table.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| `--"));
    let listed: BTreeSet<&str> = rows.map(|row| row.split([' ', '`']).next().unwrap()).collect();
    assert_eq!(listed, known);
}
