mod example;
mod files;
mod manual;
mod properties;
mod settings;
mod wrong;
