mod example;
mod files;
mod manual;
mod policies;
mod properties;
mod settings;
mod wrong;
