//! Evaluation that comes to an end: what loops and what makes values larger is counted, and there is a most.
//!
//! CEL has no endless loops, but loops within loops, and texts that are doubled by each. The interpreter has no limit of its own,
//! so calls that count stand in the tree where something is gone through, compared or put together. Invariant: what is counted does not depend on the clock.

use std::cell::Cell;

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, operators};
use cel::common::types::{CelList, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};

/// What counts: nobody can write that name in an expression.
const COUNT: &str = "@count";

/// Values that the evaluation of a rule may go through, over all objects: a second or so.
const MOST: u64 = 5_000_000;

/// A stack that no expression within the limits of [`super::expression`] exhausts; only what is used of it is taken.
const STACK: usize = 64 << 20;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// What is left of what a rule may take.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Budget {
    /// Evaluates something; `None` if it takes too much.
    pub(super) fn spent<T>(&mut self, evaluate: impl FnOnce() -> T) -> Option<T> {
        LEFT.set(self.0);
        let value = evaluate();
        self.0 = LEFT.get();
        (self.0 > 0).then_some(value)
    }
}

/// Does something with a stack of its own: expressions are trees, and those who read them go down by calls.
pub(super) fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.expect("a thread can be started");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Adds what counts to an environment.
pub(super) fn declare(env: &mut Env) {
    let added = env.add_overload(COUNT, COUNT, vec![cel::common::types::DYN_TYPE], count);
    added.expect("nobody else has that name");
}

/// Hands a value back, if there is something left for it.
fn count<'b, 'v>(mut values: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let left = LEFT.get();
    let value = values.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    let left = left.saturating_sub(size(value.as_ref(), left));
    LEFT.set(left);
    match left {
        0 => Err(ExecutionError::function_error(COUNT, "it takes too long")),
        _ => Ok(value),
    }
}

/// Returns how many values there are in one, or as many as are asked for.
fn size(value: &dyn Val, most: u64) -> u64 {
    let mut all = 1;
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        all += text.inner().len() as u64 / 16;
    } else if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        for own in list.inner() {
            if all >= most {
                break;
            }
            all += size(own.as_ref(), most - all);
        }
    } else if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        for own in map.inner().values() {
            if all >= most {
                break;
            }
            all += size(own.as_ref(), most - all);
        }
    }
    all
}

/// Puts calls that count into a tree.
pub(super) fn counted(tree: &mut IdedExpr) {
    match &mut tree.expr {
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|own| counted(own));
            call.args.iter_mut().for_each(counted);
            match (call.func_name.as_str(), &mut call.args[..]) {
                (operators::EQUALS | operators::NOT_EQUALS, [one, _]) | (operators::IN, [_, one]) => {
                    wrap(one);
                }
                (operators::ADD, _) => wrap(tree),
                _ => call.target.iter_mut().for_each(|own| wrap(own)),
            }
        }
        Expr::Comprehension(own) => {
            counted(&mut own.iter_range);
            wrap(&mut own.iter_range);
            counted(&mut own.accu_init);
            counted(&mut own.result);
            step(&mut own.loop_step, &own.accu_var);
        }
        Expr::List(list) => list.elements.iter_mut().for_each(counted),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(own) = &mut entry.expr {
                    counted(&mut own.key);
                    counted(&mut own.value);
                }
            }
        }
        Expr::Select(select) => counted(&mut select.operand),
        Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

/// The step of a loop that appends to its result or folds truth values, which the interpreter knows by its form; what stands in it is counted.
fn step(tree: &mut IdedExpr, result: &str) {
    let is_result = |own: &IdedExpr| matches!(&own.expr, Expr::Ident(name) if name == result);
    match &mut tree.expr {
        Expr::Call(CallExpr { func_name, target: None, args })
            if [operators::ADD, operators::LOGICAL_AND, operators::LOGICAL_OR, operators::CONDITIONAL]
                .contains(&func_name.as_str()) =>
        {
            args.iter_mut().filter(|own| !is_result(own)).for_each(|own| step(own, result));
        }
        _ => counted(tree),
    }
}

fn wrap(tree: &mut IdedExpr) {
    let own = std::mem::take(tree);
    let id = own.id;
    let call = CallExpr { func_name: COUNT.to_owned(), target: None, args: vec![own] };
    *tree = IdedExpr { id, expr: Expr::Call(call) };
}
