//! Who saves: users with threads with runs, some far busier than others.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Zipf exponent of the users. Mild, so that no single user, who has one save at a time, is saturated:
/// of 10 users the busiest makes about 20 % of the saves, of 200 users about 2.5 %.
const USER_SKEW: f64 = 0.4;

/// Runs that share a thread.
const RUNS_PER_THREAD: u32 = 3;

/// Runs dealt out to users in turn: run `r` belongs to user `r mod users`.
#[derive(Debug)]
pub(super) struct Population {
    users: u32,
    runs: u32,
    by_user: Zipf,
    by_run: Zipf,
}

impl Population {
    /// `users` and `runs` at least 1; a user beyond the number of runs has none and is never drawn.
    pub(super) fn new(users: u32, runs: u32, run_skew: f64) -> Self {
        let users = users.min(runs);
        Self {
            users,
            runs,
            by_user: Zipf::new(users, USER_SKEW),
            by_run: Zipf::new(runs.div_ceil(users), run_skew),
        }
    }

    pub(super) fn users(&self) -> u32 {
        self.users
    }

    pub(super) fn runs(&self) -> u32 {
        self.runs
    }

    pub(super) fn user_of(&self, run: u32) -> u32 {
        run % self.users
    }

    /// A thread has one user.
    pub(super) fn thread_of(&self, run: u32) -> u32 {
        run / self.users / RUNS_PER_THREAD * self.users + self.user_of(run)
    }

    pub(super) fn draw_user(&self, rng: &mut ChaCha8Rng) -> u32 {
        self.by_user.draw(rng, self.users)
    }

    pub(super) fn draw_run(&self, rng: &mut ChaCha8Rng, user: u32) -> u32 {
        let runs_of_user = (self.runs - user).div_ceil(self.users);
        self.by_run.draw(rng, runs_of_user) * self.users + user
    }
}

/// Ranks from 0; rank `r` is drawn with a weight of `(r + 1) ^ -exponent`.
#[derive(Debug)]
pub(super) struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    pub(super) fn new(ranks: u32, exponent: f64) -> Self {
        let mut sum = 0.0;
        let cumulated = (1..=ranks)
            .map(|rank| {
                sum += f64::from(rank).powf(-exponent);
                sum
            })
            .collect();
        Self { cumulated }
    }

    /// One of the first `ranks` ranks, at least 1 and at most all.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng, ranks: u32) -> u32 {
        let eligible = &self.cumulated[..ranks as usize];
        let place = rng.random::<f64>() * eligible[eligible.len() - 1];
        eligible
            .partition_point(|sum| *sum <= place)
            .min(eligible.len() - 1) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::seeded;

    #[test]
    fn each_thread_has_one_user_and_few_runs() {
        let population = Population::new(7, 100, 0.8);
        let mut threads = std::collections::BTreeMap::<u32, Vec<u32>>::new();
        for run in 0..population.runs() {
            threads
                .entry(population.thread_of(run))
                .or_default()
                .push(run);
        }
        for runs in threads.values() {
            assert!(runs.len() <= RUNS_PER_THREAD as usize);
            assert!(
                runs.iter()
                    .all(|run| population.user_of(*run) == population.user_of(runs[0]))
            );
        }
    }

    #[test]
    fn every_run_is_drawn_by_its_own_user_only() {
        let (population, mut rng) = (Population::new(7, 100, 0.8), seeded("test", 1));
        let mut drawn = std::collections::BTreeSet::new();
        for _ in 0..20_000 {
            let user = population.draw_user(&mut rng);
            let run = population.draw_run(&mut rng, user);
            assert_eq!(population.user_of(run), user);
            drawn.insert(run);
        }
        assert_eq!(drawn, (0..100).collect());
    }

    #[test]
    fn shares_follow_the_exponent() {
        let (zipf, mut rng) = (Zipf::new(50, 1.0), seeded("test", 2));
        let mut counts = [0_u32; 50];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut rng, 50) as usize] += 1;
        }
        for (rank, expected) in [(0, 1.0), (1, 0.5), (9, 0.1)] {
            let ratio = f64::from(counts[rank]) / f64::from(counts[0]);
            assert!(
                (ratio / expected - 1.0).abs() < 0.08,
                "rank {rank}: {ratio}"
            );
        }
    }

    #[test]
    fn no_user_is_saturated() {
        let (population, mut rng) = (Population::new(10, 100, 1.0), seeded("test", 3));
        let busiest = (0..10_000)
            .filter(|_| population.draw_user(&mut rng) == 0)
            .count();
        assert!((1_500..2_500).contains(&busiest), "{busiest} of 10000");
    }
}
