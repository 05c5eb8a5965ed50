import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { sendToken, wantsToken } from '../data/client.js';
import type { Loaded } from '../data/use-run.js';

/** Nothing to show, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <section class="state">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="state" role="status">
      Reading {what} …
    </p>
  );
}

/** What went wrong; if the server only wants its token, the place to enter it. */
export function Failed({ error, back }: { readonly error: unknown; readonly back?: boolean }) {
  if (wantsToken(error)) return <TokenForm />;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <section class="state failed" role="alert">
      <h2>This cannot be shown</h2>
      <pre>{message}</pre>
      <p>
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>{' '}
        {back === true && <a href="#/">All runs</a>}
      </p>
    </section>
  );
}

/** `children` of what was loaded, or how far that is. */
export function Shown<T>(props: { readonly of: Loaded<T>; readonly what: string; readonly children: (value: T) => ComponentChildren }) {
  const { of, what, children } = props;
  if (of.state === 'loading') return <Loading what={what} />;
  if (of.state === 'failed') return <Failed error={of.error} back />;
  return <>{children(of.value)}</>;
}

function TokenForm() {
  const [problem, setProblem] = useState('');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    try {
      await sendToken(String(token).trim());
      location.reload();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section class="state">
      <h2>This server asks for its token</h2>
      <p>It printed the token when it was started.</p>
      <form onSubmit={submit}>
        <label>
          Token <input name="token" type="password" autocomplete="off" required />
        </label>{' '}
        <button type="submit">Continue</button>
      </form>
      {problem !== '' && <p role="alert">{problem}</p>}
    </section>
  );
}
