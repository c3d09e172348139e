import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { addresses } from '../addresses.ts';
import { type Answer, useJson } from '../answers/use-answer.ts';
import { AnswerAge, WhenAnswered } from '../answers/when-answered.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { type Explanation, explanationShape } from '../why/answer.ts';
import { ExplainedAgents } from '../why/explained-agents.tsx';
import { RoleReasons } from '../why/reason-groups.tsx';
import { explanationUrl, fieldOf, isAboutReason, type WhySearch } from '../why/search.ts';
import { WhyForm } from '../why/why-form.tsx';

/** Why a framework is not offered agents, or not large enough ones: the question is in the address. */
export function WhyPage() {
  const given = useSearch({ strict: false }) as WhySearch;
  const navigate = useNavigate();
  const [unknownReason, setUnknownReason] = useState<string>();
  const { reason, offset: _, ...others } = given;
  // What the master knows no reason by is left out.
  const search = reason !== undefined && reason === unknownReason ? others : given;
  const url = explanationUrl(search);
  const answered = useJson<Explanation>(url, explanationShape);
  const { problem } = answered;
  const isReasonRefused = problem !== undefined && isAboutReason(problem.message);
  useEffect(() => {
    if (isReasonRefused) setUnknownReason(reason);
  }, [isReasonRefused, reason]);
  const field = problem && fieldOf(problem.message);
  return (
    <>
      <PageHeading title="Why is it not placed?" />
      <WhyForm
        search={search}
        refused={field ? { [field]: problem.message } : {}}
        onAsk={next => {
          if (explanationUrl(next) === url) answered.refresh();
          else void navigate({ to: addresses.why(), search: next as never });
        }}
      />
      {search !== given && (
        <p className="field-problem" role="alert">
          reason={unknownReason} is left out. The master knows no such reason.
        </p>
      )}
      {url === undefined ? (
        <Notice title="Name a framework">
          <p>
            The page then says for every agent whether the framework can be offered it, and what keeps it away, with
            what to do. A size narrows that to offers that are large enough.
          </p>
        </Notice>
      ) : (
        <Result answered={answered} search={search} isAtField={field !== undefined} />
      )}
    </>
  );
}

function Result(props: {
  readonly answered: Answer<Explanation>;
  readonly search: WhySearch;
  /** What the master refused is shown at a field of the form. */
  readonly isAtField: boolean;
}) {
  const { answered, search, isAtField } = props;
  const { answer, problem } = answered;
  const { framework = '' } = search;
  if (problem?.code === 'FRAMEWORK_UNKNOWN') {
    return (
      <Notice title={`There is no framework '${framework}'`}>
        <p>It is gone, or never existed, or you may not see it.</p>
        <Link to={addresses.frameworks()} search={{ filter: framework } as never}>
          Search for it
        </Link>
      </Notice>
    );
  }
  if (isAtField) return <Notice title="Repair the field that is marked above" />;
  // An answer about another framework is not shown.
  const isOfIt = answer === undefined || answer.framework_id === framework;
  return (
    <WhenAnswered
      what="The explanation"
      answer={isOfIt ? answered : { ...answered, answer: undefined, answeredAt: undefined }}
    >
      {explanation => (
        <div className="answer" data-old={problem !== undefined}>
          <AnswerAge of={answered} />
          <ExplanationView explanation={explanation} search={search} />
        </div>
      )}
    </WhenAnswered>
  );
}

function ExplanationView(props: { readonly explanation: Explanation; readonly search: WhySearch }) {
  const { explanation, search } = props;
  const { framework_id, framework_name, size, agents, roles, roles_left_out, list } = explanation;
  return (
    <>
      <p>
        <Link to={addresses.framework(framework_id)}>{framework_name || framework_id}</Link> {sizeText(size)}
      </p>
      {agents === 0 ? (
        <Notice title="There is no agent">
          <p>
            Start one: <code>meseta agent --master={location.host} --work_dir=…</code>
          </p>
        </Notice>
      ) : (
        roles.map(role => <RoleReasons key={role.role} role={role} search={search} />)
      )}
      {roles.length === 0 && <Notice title="The framework has no role that you may see" />}
      {roles_left_out !== undefined && (
        <p>{roles_left_out} more roles of the framework are left out: name one above.</p>
      )}
      {list && search.reason !== undefined && <ExplainedAgents list={list} search={search} />}
    </>
  );
}

function sizeText(size: Explanation['size']): string {
  const amounts = Object.entries(size).map(([name, amount]) => `${name}:${amount}`);
  return amounts.length > 0 ? `with ${amounts.join(', ')}` : 'with any offer';
}
