//! `vend organization`.

use vending_manifest::Manifest;

use crate::cli::{Organization, OrganizationTask, ValidateManifest};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::{Failure, PlacedProblem};
use crate::file;
use crate::json::Entry;

pub(crate) fn run(organization: &Organization, console: &mut Console) -> Result<Exit, Failure> {
    match &organization.task {
        OrganizationTask::Validate(validate) => self::validate(validate, console),
    }
}

/// Checks the manifest alone: the files that it names are not read.
fn validate(validate: &ValidateManifest, console: &mut Console) -> Result<Exit, Failure> {
    let (file, text) = file::read(&validate.file)?;
    let manifest = Manifest::from_yaml(&file, &text, None).map_err(|diagnostics| {
        let problems = diagnostics.into_iter().map(PlacedProblem::of_diagnostic).collect();
        Failure::usage(format!("{file} is not valid")).with_problems(problems)
    })?;
    let organizational_units = manifest.units().len();
    let text = || format!("{file} is valid: {organizational_units} organizational units");
    console.data(text, || Entry::Manifest { file: file.clone(), organizational_units });
    console.message("this version only validates manifests; the parameters of the stack decide");
    Ok(Exit::Done)
}
