//! Where a scenario goes on that a crash cut off: what is done, what has no evidence, and what is still to be run.

use anyhow::{Context, Result};
use jiff::Timestamp;
use shared::arms::{ArmRole, Arms};
use shared::report::{Gap, Missing};

use super::course::Course;
use super::journal::{CourseRecord, Unfinished};
use crate::environment::boot;
use crate::ledger::Ledger;
use crate::place::Place;
use crate::plan::{PlannedSave, Stretch, implied_hits};

/// A stretch of a block on an arm: what a course is made of.
#[derive(Debug, Clone, Copy)]
struct Step {
    role: ArmRole,
    number: usize,
    stretch: Stretch,
}

/// What is left to do of a scenario.
pub(crate) struct Rest {
    /// As the journal says.
    pub(crate) unfinished: Unfinished,
    /// The databases that its arms left.
    pub(crate) places: Arms<Place>,
}

/// What an arm was asked and answered before the crash.
pub(super) struct Before {
    /// Its database.
    pub(super) place: Place,
    /// What it answered.
    pub(super) ledger: Ledger,
    /// What it was asked for.
    pub(super) asked: Vec<PlannedSave>,
}

impl Course<'_> {
    /// All steps in their order.
    fn all_steps(&self) -> Vec<Step> {
        let numbers = 0..self.plans.baseline.blocks.len();
        numbers
            .flat_map(|number| self.roles(number).map(|role| (role, number)))
            .flat_map(|(role, number)| {
                let stretches = self.stretches(role, number).into_iter();
                stretches.map(move |stretch| Step {
                    role,
                    number,
                    stretch,
                })
            })
            .collect()
    }

    /// Goes on where the journal ends. Steps that were begun and have no evidence are not repeated: what was saved in them
    /// is in the database, and a unique state that is saved again would be a duplicate.
    ///
    /// # Errors
    /// The journal is of another course.
    pub(super) fn go_on(&mut self, rest: Rest) -> Result<()> {
        let steps = self.all_steps();
        let Rest { unfinished, places } = rest;
        let Unfinished {
            course,
            answers,
            begun,
        } = unfinished;
        let from = usize::try_from(course.steps)?;
        let to = usize::try_from(begun.max(course.steps))?;
        let lost = steps
            .get(from..to)
            .context("the journal has more steps than the scenario")?;
        self.scenario.gaps.push(self.gap(&course, lost));
        for step in lost {
            let failed = self.saves(*step).into_iter().map(|save| save.index);
            if let Some(journal) = &mut self.journal {
                // Of the last step that is done: the evidence that is written next says that all of these are.
                journal.answered(step.role, course.steps.saturating_sub(1), &[], failed);
            }
        }
        let before = |role: ArmRole| {
            let mut ledger = Ledger::default();
            for (index, ack) in answers.get(role) {
                match ack {
                    Some(ack) => ledger.record(ack.0, ack.1, ack.2),
                    None => ledger.record_failed(*index),
                }
            }
            for save in lost
                .iter()
                .filter(|step| step.role == role)
                .flat_map(|s| self.saves(*s))
            {
                ledger.record_failed(save.index);
            }
            let asked = steps[..to].iter().filter(|step| step.role == role);
            Before {
                place: places.get(role).clone(),
                ledger,
                asked: asked.flat_map(|step| self.saves(*step)).collect(),
            }
        };
        self.before = Some(Arms {
            baseline: before(ArmRole::Baseline),
            candidate: before(ArmRole::Candidate),
        });
        for role in ArmRole::ALL {
            self.forget_cache(role, &steps[to..]);
        }
        let away = Timestamp::now().duration_since(course.written_at);
        let away = u64::try_from(away.as_nanos()).unwrap_or(0);
        self.elapsed_before_ns = course.elapsed_ns.saturating_add(away);
        self.measured_ns = course.measured_ns;
        self.partial = course.partial;
        self.behind = begun.max(course.steps);
        Ok(())
    }

    fn saves(&self, step: Step) -> Vec<PlannedSave> {
        self.plans.get(step.role).blocks[step.number]
            .part(step.stretch)
            .saves
    }

    fn gap(&self, course: &CourseRecord, lost: &[Step]) -> Gap {
        let missing = lost.iter().map(|step| {
            let block = &self.plans.get(step.role).blocks[step.number];
            Missing {
                arm: step.role,
                pair: block.pair,
                mode: block.mode,
                from_ns: step.stretch.from_ns,
                to_ns: step.stretch.to_ns,
                saves: block.part(step.stretch).saves.len() as u64,
            }
        });
        let boots = course.boot.as_ref().zip(boot());
        let mut measured_ns = course.measured_ns;
        if let Some(partial) = &course.partial
            && let Some(last) = partial.done.samples.last()
        {
            *measured_ns.get_mut(partial.role) += last.at_ns + last.length_ns;
        }
        Gap {
            last_evidence_at: course.written_at.to_string(),
            resumed_at: Timestamp::now().to_string(),
            rebooted: boots.map(|(before, now)| *before != now),
            measured_ns,
            missing: missing.collect(),
        }
    }

    /// The cache of a new process is empty: what a perfect one would hit counts from the arm's next whole block, and of a block
    /// that was cut nothing can be said.
    fn forget_cache(&mut self, role: ArmRole, ahead: &[Step]) {
        let whole = |step: &&Step| step.role == role && step.stretch.from_ns == 0;
        let blocks = &self.plans.get(role).blocks;
        let from = ahead
            .iter()
            .find(whole)
            .map_or(blocks.len(), |step| step.number);
        let hits = implied_hits(&blocks[from..], self.spec.cache_entries);
        let implied = self.implied.get_mut(role);
        for (place, implied) in implied.iter_mut().enumerate() {
            *implied = place.checked_sub(from).map(|after| hits[after]);
        }
    }
}
