//! A handler of a project that can be run statement by statement, with the answers of a real database.

use super::events;
use super::modules::Modules;
use super::run::{End, Oracle, Run};
use super::syntax::{self, Function};
use crate::error::ReadError;
use crate::project::ReadOptions;
use crate::tree::Tree;
use architrave_model::script::Location;
use architrave_model::webhook::{Answer, Next, RunsEvents, SampleEvent};
use std::path::Path;
use std::rc::Rc;

/// A handler with its project's files.
pub struct HandlerProgram {
    tree: Tree,
    location: Location,
}

/// The handler of a project that begins there.
pub fn program(root: &Path, location: &Location) -> Result<HandlerProgram, ReadError> {
    let tree = Tree::walk(root, &ReadOptions::default(), &|_| {})?;
    Ok(HandlerProgram { tree, location: location.clone() })
}

impl RunsEvents for HandlerProgram {
    fn next(&self, event: &SampleEvent, answers: &[Answer]) -> Next {
        let modules = Modules::new(&self.tree);
        let Some((function, file)) = self.function(&modules) else { return Next::Unknown("the handler is no longer there".to_owned()) };
        let Some(module) = modules.module(file) else { return Next::Unknown("the handler is no longer there".to_owned()) };
        let run = Run::new(&modules, &events::event(event), Oracle::Recorded(answers.to_vec()), true);
        let end = run.handle(&function, file, &module.scope);
        let mut trace = run.trace.into_inner();
        if let Some((name, at)) = trace.unknown_calls.first() {
            return Next::Unknown(format!("it calls {name} ({}:{}), whose code is not in the project", at.path, at.line));
        }
        match end {
            End::Answers(status) => Next::Answers(status),
            End::Stuck(why) => Next::Unknown(why),
            End::Asks => match trace.statements.pop() {
                Some(statement) => match &statement.unknown {
                    Some(why) => Next::Unknown(format!("{why} ({}:{})", statement.location.path, statement.location.line)),
                    None => Next::Runs(Box::new(statement)),
                },
                None => Next::Unknown("it asks the database something that is not known".to_owned()),
            },
        }
    }
}

impl HandlerProgram {
    fn function(&self, modules: &Modules<'_>) -> Option<(Rc<Function>, usize)> {
        let file = modules.load(&self.location.path)?;
        let module = modules.module(file)?;
        let mut found = None;
        syntax::functions(&module.statements, &mut |f| {
            if found.is_none() && f.line == self.location.line {
                found = Some(f.clone());
            }
        });
        Some((found?, file))
    }
}
