//! Runs `vend` with a home folder, an API, and nothing of the environment of the test.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use vending_client::testing::{FakeApi, Received, Reply};

use crate::api::root;

pub(crate) struct Vend {
    pub(crate) api: FakeApi,
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Vend {
    /// An API that responds by method, path, and query without the stage. Calls without a reply fail the test.
    pub(crate) fn with(reply: impl Fn(&str, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::with_calls(move |call, before| reply(&line(call), before))
    }

    pub(crate) fn with_calls(reply: impl Fn(&Received, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let api = FakeApi::start(move |call, before| {
            let unknown = || Reply::Json(404, json!({ "message": format!("no reply for {}", call.line) }));
            reply(call, before).unwrap_or_else(unknown)
        });
        let api = api.unwrap();
        let variables = vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "secret".to_owned()),
            ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
            ("AWS_ENDPOINT_URL".to_owned(), api.url().to_owned()),
            ("VEND_API_URL".to_owned(), api.url().to_owned()),
        ];
        Self { api, home: TempDir::new().unwrap(), variables }
    }

    #[must_use]
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn unset(mut self, prefix: &str) -> Self {
        self.variables.retain(|(name, _)| !name.starts_with(prefix));
        self
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file below the home, which is also where commands run.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vend"));
        command.env_clear().env("HOME", self.home()).envs(self.variables.clone()).current_dir(self.home());
        command.args(arguments.split_whitespace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &str) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Runs a command. What it prints for machines has to match the schemas.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.finish(arguments, self.start(arguments))
    }

    pub(crate) fn run_with_stdin(&self, arguments: &str, stdin: &str) -> Run {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        self.finish(arguments, child)
    }

    pub(crate) fn finish(&self, arguments: &str, child: Child) -> Run {
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let readable = |bytes: Vec<u8>| self.readable(&String::from_utf8(bytes).unwrap());
        let (stdout, stderr) = (readable(stdout), readable(stderr));
        if arguments.contains("--output json") {
            check_schema(arguments, &stdout);
        }
        Run { arguments: arguments.to_owned(), code: status.code(), stdout, stderr }
    }

    /// Without what differs between runs.
    fn readable(&self, text: &str) -> String {
        let home = self.home().canonicalize().unwrap();
        let text = text.replace(self.api.url(), "http://127.0.0.1:PORT/v1");
        text.replace(&home.display().to_string(), "~").replace(&self.home().display().to_string(), "~")
    }

    /// The method, path, and query of each call, without the stage.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.api.calls().iter().map(line).collect()
    }
}

fn line(call: &Received) -> String {
    call.line.replace("/v1", "")
}

pub(crate) struct Run {
    arguments: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Everything that a user sees, for snapshots.
    pub(crate) fn shown(&self) -> String {
        let code = self.code.map_or("signal".to_owned(), |code| code.to_string());
        let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("--- {name}\n{text}") };
        let (stdout, stderr) = (part("stdout", &self.stdout), part("stderr", &self.stderr));
        format!("$ vend {}\n{stdout}{stderr}--- exit {code}\n", self.arguments)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

fn check_schema(arguments: &str, stdout: &str) {
    let is_stream = arguments.contains("--output jsonl");
    let (file, documents): (_, Vec<&str>) = if is_stream {
        ("schemas/vend-stream.schema.json", stdout.lines().collect())
    } else {
        ("schemas/vend-output.schema.json", vec![stdout])
    };
    let schema: Value = serde_json::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    assert!(!documents.is_empty(), "{arguments} printed nothing");
    if is_stream {
        assert_eq!(documents[0], r#"{"formatVersion":1,"kind":"stream"}"#, "{arguments}");
    }
    for document in documents {
        let value: Value =
            serde_json::from_str(document).unwrap_or_else(|error| panic!("{arguments}: {error}: {document}"));
        let problems: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{arguments}: {problems:?}\n{document}");
    }
}

/// Compares everything that a user sees of some commands with a snapshot.
macro_rules! assert_shown {
    ($name:literal, $($run:expr),+ $(,)?) => {
        let shown = [$($run.shown()),+].join("\n");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, shown);
        });
    };
}
pub(crate) use assert_shown;
