//! The operator's own rules, in CEL (Common Expression Language) over the envelope's fields.
//!
//! CEL has no loops without end, but its macros (`all`, `exists`, `map`, `filter`) run over lists, and one inside the other
//! they take as long as they like. So each turn of each of them asks first whether the time is over, by a function that is put
//! into the expression when it is read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr};
use cel::{Context, ExecutionError, Program, Value};
use serde_json::{Map, Value as Json};

use super::Refused;
use super::pattern::{self, Pattern};

/// How long all rules together may take over one event, if nothing else is said.
pub const TIME_LIMIT: Duration = Duration::from_millis(10);
/// Most bytes of an expression.
const LONGEST: usize = 1_000;
/// How deep an expression may be nested: it is evaluated on the stack, of which a level takes 40 kB in a debug build.
const DEEPEST: usize = 24;
/// How deep brackets may be, for the parser, of whose stack each takes 130 kB.
const DEEPEST_BRACKETS: usize = 24;
/// For the parser and what it makes, before it is known how deep that is.
const PARSER_STACK: usize = 16 * 1_024 * 1_024;

/// Says whether the time is over.
pub type Over = Arc<dyn Fn() -> bool + Send + Sync>;

/// What happens to an event of which a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is passed over.
    Drop,
    /// It goes on, whatever later rules say.
    Keep,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// What it is called in logs.
    pub name: String,
    /// What it does.
    pub action: Action,
    types: Vec<Pattern>,
    expression: IdedExpr,
}

/// Names that an expression may use.
const VARIABLES: [&str; 8] = [
    "id",
    "type",
    "source",
    "subject",
    "time",
    "user_id",
    "session_id",
    "data",
];
/// Functions that an expression may use, beside operators.
const FUNCTIONS: [&str; 19] = [
    "contains",
    "size",
    "max",
    "min",
    "startsWith",
    "endsWith",
    "string",
    "bytes",
    "double",
    "int",
    "uint",
    "matches",
    "none",
    "of",
    "ofNonZeroValue",
    "value",
    "hasValue",
    "or",
    "orValue",
];
/// Asks whether the time is over. No expression can call it by itself: `@` is no letter.
const TURN: &str = "@turn";

impl Rule {
    /// Reads a rule. Without types it is about all.
    ///
    /// # Errors
    /// Says what is wrong with the expression.
    pub fn read(
        name: String,
        types: Vec<Pattern>,
        when: &str,
        action: Action,
    ) -> Result<Self, String> {
        if when.len() > LONGEST {
            return Err(format!("must have at most {LONGEST} bytes"));
        }
        if brackets(when) > DEEPEST_BRACKETS {
            return Err(format!(
                "has more than {DEEPEST_BRACKETS} brackets in each other"
            ));
        }
        let expression = std::thread::scope(|scope| {
            let parser = std::thread::Builder::new().stack_size(PARSER_STACK);
            let parser = parser.spawn_scoped(scope, || parse(when));
            // It panics on what nobody has tried before.
            let parsed = parser.map(std::thread::ScopedJoinHandle::join);
            parsed.ok().and_then(Result::ok)
        });
        let expression = expression.ok_or_else(|| "cannot be read".to_owned())??;
        Ok(Self {
            name,
            action,
            types,
            expression,
        })
    }

    /// Whether it is about events of this type.
    #[must_use]
    pub fn is_about(&self, event_type: &str) -> bool {
        pattern::take(&self.types, event_type)
    }
}

/// How many brackets are in each other at most.
fn brackets(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for character in text.chars() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn parse(when: &str) -> Result<IdedExpr, String> {
    let program = Program::compile(when);
    let program = program.map_err(|errors| errors.to_string().replace('\n', " "))?;
    let mut expression = program.expression().clone();
    let mut scope = Scope::default();
    scope.prepare(&mut expression)?;
    Ok(expression)
}

/// Where in an expression something is.
#[derive(Default)]
struct Scope {
    /// Variables of the loops around it.
    bound: Vec<String>,
    depth: usize,
}

impl Scope {
    /// Refuses what would fail for every event, and has each loop ask for the time.
    fn prepare(&mut self, one: &mut IdedExpr) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("is nested more than {DEEPEST} deep"));
        }
        match &mut one.expr {
            Expr::Unspecified | Expr::Struct(_) => return Err("has a message in it".to_owned()),
            Expr::Literal(_) => {}
            Expr::Ident(name) => self.check_variable(name)?,
            Expr::Select(select) => self.prepare(&mut select.operand)?,
            Expr::Call(call) => self.prepare_call(call)?,
            Expr::List(list) => self.prepare_all(&mut list.elements)?,
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        self.prepare(&mut entry.key)?;
                        self.prepare(&mut entry.value)?;
                    }
                }
            }
            Expr::Comprehension(comprehension) => self.prepare_loop(comprehension)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn prepare_all(&mut self, all: &mut [IdedExpr]) -> Result<(), String> {
        all.iter_mut().try_for_each(|one| self.prepare(one))
    }

    fn check_variable(&self, name: &String) -> Result<(), String> {
        let is_known = VARIABLES.contains(&name.as_str()) || self.bound.contains(name);
        if is_known || name == "optional" {
            return Ok(());
        }
        let all = VARIABLES.join(", ");
        Err(format!("does not know {name}: there is {all}"))
    }

    fn prepare_call(&mut self, call: &mut CallExpr) -> Result<(), String> {
        let name = call.func_name.as_str();
        let name = name.strip_prefix("optional.").unwrap_or(name);
        let is_operator = name.starts_with(['_', '@', '!', '-']);
        if !is_operator && !FUNCTIONS.contains(&name) {
            return Err(format!("does not know the function {name}"));
        }
        if let Some(target) = &mut call.target {
            self.prepare(target)?;
        }
        self.prepare_all(&mut call.args)
    }

    fn prepare_loop(&mut self, comprehension: &mut ComprehensionExpr) -> Result<(), String> {
        self.prepare(&mut comprehension.iter_range)?;
        self.prepare(&mut comprehension.accu_init)?;
        let before = self.bound.len();
        self.bound.extend([
            comprehension.iter_var.clone(),
            comprehension.accu_var.clone(),
        ]);
        self.bound.extend(comprehension.iter_var2.clone());
        self.prepare(&mut comprehension.loop_cond)?;
        self.prepare(&mut comprehension.loop_step)?;
        self.prepare(&mut comprehension.result)?;
        self.bound.truncate(before);
        let condition = std::mem::take(&mut comprehension.loop_cond);
        comprehension.loop_cond = IdedExpr {
            id: condition.id,
            expr: Expr::Call(CallExpr {
                func_name: TURN.to_owned(),
                target: None,
                args: vec![condition],
            }),
        };
        Ok(())
    }
}

/// What the rules say of an event with these fields, in their order: the first that holds decides, and what none of them
/// is about goes on. What a rule cannot tell does not go on: it may be what the rule is there to stop.
///
/// # Errors
/// When a rule drops it, fails, or takes too long.
pub fn judge(
    rules: &[Rule],
    event_type: &str,
    fields: &Map<String, Json>,
    over: &Over,
) -> Result<(), Refused> {
    let was_over = Arc::new(AtomicBool::new(false));
    let context = context(fields, Arc::clone(over), Arc::clone(&was_over));
    for rule in rules.iter().filter(|rule| rule.is_about(event_type)) {
        // The interpreter panics where it is not finished.
        let told = catch_unwind(AssertUnwindSafe(|| context.resolve(&rule.expression)));
        // Whatever it made of being stopped: `false && …` does not ask what became of the rest.
        if was_over.load(Ordering::Relaxed) {
            return Err(Refused::RuleTimeout(rule.name.clone()));
        }
        match (told, rule.action) {
            (Ok(Ok(Value::Bool(false))), _) => {}
            (Ok(Ok(Value::Bool(true))), Action::Keep) => return Ok(()),
            (Ok(Ok(Value::Bool(true))), Action::Drop) => {
                return Err(Refused::Rule(rule.name.clone()));
            }
            _ => return Err(Refused::RuleFailed(rule.name.clone())),
        }
    }
    Ok(())
}

fn context(fields: &Map<String, Json>, over: Over, was_over: Arc<AtomicBool>) -> Context<'static> {
    let mut context = Context::default();
    for (name, value) in fields {
        context.add_variable_from_value(name.as_str(), of_json(value));
    }
    context.add_function(TURN, move |go_on: bool| -> Result<bool, ExecutionError> {
        if over() {
            was_over.store(true, Ordering::Relaxed);
            return Err(ExecutionError::function_error(TURN, "the time is over"));
        }
        Ok(go_on)
    });
    context
}

/// Whole numbers are `int`, as they are written in expressions.
fn of_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) => Value::UInt(number),
            (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => list.iter().map(of_json).collect::<Vec<Value>>().into(),
        Json::Object(map) => {
            let fields = map
                .iter()
                .map(|(name, value)| (name.clone(), of_json(value)));
            fields
                .collect::<std::collections::HashMap<String, Value>>()
                .into()
        }
    }
}

#[cfg(test)]
mod tests;
