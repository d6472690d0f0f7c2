//! The body of a request, from a file or from options.

use std::path::Path;

use serde_json::{Map, Value};
use vending_core::Problem;
use vending_manifest::Source;

use crate::cli::Fields;
use crate::failure::{Failure, PlacedProblem};
use crate::file;

/// Which option has which field.
const OPTIONS: [(&str, &str); 7] = [
    ("accountName", "--name"),
    ("organizationalUnit", "--ou"),
    ("accountEmail", "--email"),
    ("owner", "--owner"),
    ("reason", "--reason"),
    ("tags", "--tag"),
    ("monthlyBudgetUsd", "--budget"),
];

#[derive(Debug)]
pub(crate) enum Body {
    File(Source),
    Options(Value),
}

impl Body {
    pub(crate) fn from_file(path: &Path) -> Result<Self, Failure> {
        let (name, text) = file::read(path)?;
        Ok(Self::File(file::parse(&name, &text)?))
    }

    pub(crate) fn from_fields(fields: &Fields) -> Result<Self, Failure> {
        let mut body = Map::new();
        let strings = [
            ("accountName", &fields.name),
            ("organizationalUnit", &fields.ou),
            ("accountEmail", &fields.email),
            ("owner", &fields.owner),
            ("reason", &fields.reason),
        ];
        for (name, value) in strings {
            body.extend(value.clone().map(|value| (name.to_owned(), value.into())));
        }
        let mut tags = Map::new();
        for (key, value) in &fields.tags {
            if tags.insert(key.clone(), value.clone().into()).is_some() {
                return Err(Failure::usage(format!("the tag `{key}` is given twice")));
            }
        }
        if !tags.is_empty() {
            body.insert("tags".to_owned(), tags.into());
        }
        body.extend(fields.budget.map(|budget| ("monthlyBudgetUsd".to_owned(), budget.into())));
        Ok(Self::Options(body.into()))
    }

    pub(crate) fn value(&self) -> &Value {
        match self {
            Self::File(source) => source.value(),
            Self::Options(value) => value,
        }
    }

    /// What is wrong with the file, whatever it is for.
    pub(crate) fn file_problems(&self) -> Vec<PlacedProblem> {
        match self {
            Self::File(source) => source.yaml_problems().into_iter().map(PlacedProblem::of_diagnostic).collect(),
            Self::Options(_) => Vec::new(),
        }
    }

    /// Where a problem is: in the file, or the option with the field.
    pub(crate) fn place(&self, problem: Problem) -> PlacedProblem {
        match self {
            Self::File(source) => PlacedProblem::in_file(source, problem),
            Self::Options(_) => {
                let field = problem.pointer.split('/').nth(1).unwrap_or_default();
                let option = OPTIONS.iter().find(|(name, _)| *name == field).map(|(_, option)| (*option).to_owned());
                PlacedProblem { source: option, ..PlacedProblem::anywhere(problem) }
            }
        }
    }

    /// Adds the places to the problems of a refusal.
    pub(crate) fn locate(&self, failure: Failure) -> Failure {
        let problems = failure.problems.into_iter().map(|problem| {
            let PlacedProblem { pointer, detail, .. } = problem;
            self.place(Problem { pointer, detail })
        });
        Failure { problems: problems.collect(), ..failure }
    }
}
