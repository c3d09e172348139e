/** Joins a contender and a detector of users to the election that a master takes part in. */
import type { MasterInfo } from '@meseta/protocol';
import type { Candidacy, LeaderDetector, Leadership } from '@meseta/storage';
import type { ModuleHost } from './module-host.ts';
import { type ElectionReport, userContender } from './user-contender.ts';
import { userDetector } from './user-detector.ts';

/**
 * Makes an election of a contender module and a detector module. This master is reported as the leader only while it is a
 * candidate: the two modules need not agree at every moment, and a detector alone makes no master lead.
 *
 * @throws {ModuleError} when a module cannot do what it is for.
 */
export function userElection(
  modules: { readonly contender: ModuleHost; readonly detector: ModuleHost },
  report: ElectionReport,
): Leadership<MasterInfo> {
  const doubts = new Doubts(userDetector(modules.detector, report));
  const contender = userContender(modules.contender, report, (leader, candidacy) => {
    doubts.own = { id: leader.id, candidacy };
  });
  return { contender, detector: doubts };
}

/** What a detector says, without this master while it is no candidate. */
class Doubts implements LeaderDetector<MasterInfo> {
  readonly #detector: LeaderDetector<MasterInfo>;
  readonly #updates = new Set<() => void>();
  #own: { readonly id: string; readonly candidacy: Candidacy } | undefined;

  constructor(detector: LeaderDetector<MasterInfo>) {
    this.#detector = detector;
  }

  set own(own: { readonly id: string; readonly candidacy: Candidacy }) {
    this.#own = own;
    for (const update of [...this.#updates]) update();
  }

  watch(onChange: (leader: MasterInfo | undefined) => void): () => void {
    let said: MasterInfo | undefined;
    let reported: MasterInfo | undefined;
    let isFirst = true;
    const update = () => {
      const leader = said !== undefined && this.#mayLead(said) ? said : undefined;
      if (!isFirst && leader === reported) return;
      isFirst = false;
      reported = leader;
      onChange(leader);
    };
    this.#updates.add(update);
    const stop = this.#detector.watch(leader => {
      said = leader;
      update();
    });
    return () => {
      this.#updates.delete(update);
      stop();
    };
  }

  #mayLead({ id }: MasterInfo): boolean {
    return id !== this.#own?.id || this.#own.candidacy.isHeld;
  }
}
