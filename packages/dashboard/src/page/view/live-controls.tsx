import { useState } from 'preact/hooks';
import type { Command, ControlRequest } from '../../api.js';
import { apiPath, postJson, sendToken, wantsToken } from '../data/client.js';

/** What may be asked of a running machine; without the token one only watches. */
export function LiveControls({ id, commands }: { readonly id: string; readonly commands: readonly Command[] }) {
  const [answer, setAnswer] = useState('');
  const [locked, setLocked] = useState(false);
  const ask = async (request: ControlRequest) => {
    try {
      await postJson(apiPath('runs', id, 'control'), request);
      setLocked(false);
      setAnswer(`${request.command}: done`);
    } catch (error) {
      setLocked(wantsToken(error));
      setAnswer(error instanceof Error ? error.message : String(error));
    }
  };
  if (commands.length === 0) return <p class="hint">The run goes on. It takes no commands: it can only be watched.</p>;
  return (
    <section class="bar control" aria-label="control of the running machine" data-part="control">
      {commands.includes('pause') && <Ask text="Pause" onClick={() => ask({ command: 'pause' })} />}
      {commands.includes('resume') && <Ask text="Resume" onClick={() => ask({ command: 'resume' })} />}
      {commands.includes('handover') && <HandOver onAsk={ask} />}
      {commands.includes('commit') && <Commit onAsk={ask} />}
      {locked && <Unlock onDone={() => setLocked(false)} />}
      <span role="status">{answer}</span>
    </section>
  );
}

function Ask({ text, onClick }: { readonly text: string; readonly onClick: () => void }) {
  return (
    <button type="button" onClick={onClick}>
      {text}
    </button>
  );
}

type OnAsk = (request: ControlRequest) => void;

function HandOver({ onAsk }: { readonly onAsk: OnAsk }) {
  const [to, setTo] = useState('damon');
  return (
    <span>
      <label>
        hinting faults to{' '}
        <select value={to} onChange={(event) => setTo(event.currentTarget.value)}>
          <option>damon</option>
          <option>numa_balancing</option>
        </select>
      </label>{' '}
      <Ask text="Hand over" onClick={() => onAsk({ command: 'handover', to })} />
    </span>
  );
}

const ATTRS = ['sample_us', 'aggr_us', 'ops_update_us', 'min_nr_regions', 'max_nr_regions'] as const;

function Commit({ onAsk }: { readonly onAsk: OnAsk }) {
  const [name, setName] = useState<string>(ATTRS[0]);
  const [value, setValue] = useState('');
  return (
    <span>
      <label>
        attribute{' '}
        <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
          {ATTRS.map((attr) => (
            <option key={attr}>{attr}</option>
          ))}
        </select>
      </label>{' '}
      <label>
        value <input type="number" min="1" value={value} onInput={(event) => setValue(event.currentTarget.value)} />
      </label>{' '}
      <Ask text="Commit" onClick={() => onAsk({ command: 'commit', attrs: { [name]: Number(value) } })} />
    </span>
  );
}

function Unlock({ onDone }: { readonly onDone: () => void }) {
  const [token, setToken] = useState('');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    await sendToken(token.trim()).then(onDone, () => setToken(''));
  };
  return (
    <form onSubmit={submit}>
      <label>
        token <input type="password" autocomplete="off" value={token} onInput={(event) => setToken(event.currentTarget.value)} />
      </label>{' '}
      <button type="submit">Unlock</button>
    </form>
  );
}
