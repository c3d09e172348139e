import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthCheck } from '@meseta/protocol';
import { newHealth, nextHealth } from './health.ts';

/** `+` and `-` are passed and failed checks, a second apart; answers `h` healthy, `u` unhealthy, `k` kill, `.` nothing. */
const cases: { name: string; check?: HealthCheck; checks: string; reports: string }[] = [
  { name: 'healthy is said once', checks: '+++', reports: 'h..' },
  { name: 'failures in the grace period do not count', checks: '----+', reports: '....h' },
  { name: 'grace ends', check: { grace_period_seconds: 2 }, checks: '-----', reports: '..uuk' },
  { name: 'grace ends with the first success', checks: '-+-+-', reports: '.huhu' },
  { name: 'without grace', check: { grace_period_seconds: 0 }, checks: '---', reports: 'uuk' },
  { name: 'as many as are asked for', check: { consecutive_failures: 1 }, checks: '+-', reports: 'hk' },
  { name: 'only those in a row', check: { consecutive_failures: 2 }, checks: '+-+-+--', reports: 'huhuhuk' },
  { name: 'zero tolerance', check: { consecutive_failures: 0, grace_period_seconds: 0 }, checks: '-', reports: 'k' },
];

for (const { name, check = {}, checks, reports } of cases) {
  test(name, () => {
    let health = newHealth(0);
    const reported = [...checks].map((outcome, index) => {
      const [next, report] = nextHealth(health, outcome === '+', check, (index + 1) * 1000);
      health = next;
      if (!report) return '.';
      return report.healthy ? 'h' : report.kill ? 'k' : 'u';
    });
    assert.equal(reported.join(''), reports);
  });
}
