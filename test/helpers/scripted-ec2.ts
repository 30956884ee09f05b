import { EC2Client } from '@aws-sdk/client-ec2';

/** A call as it would have been sent. */
export interface ScriptedCall {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export const awsFailure = (name: string, message = name) => Object.assign(new Error(message), { name });

/** An EC2 client that answers by itself and keeps what it was asked. An action without an answer is answered by nothing. */
export function scriptedEc2(answers: Readonly<Record<string, (input: Record<string, unknown>) => object>> = {}) {
  const client = new EC2Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const calls: ScriptedCall[] = [];
  client.middlewareStack.add(
    (_, { commandName = '' }) =>
      async ({ input }) => {
        const action = commandName.replace(/Command$/, '');
        calls.push({ action, input: input as Record<string, unknown> });
        const output = answers[action]?.(input as Record<string, unknown>) ?? {};
        return { response: undefined, output: { $metadata: {}, ...output } };
      },
    { step: 'initialize', priority: 'high' },
  );
  return { client, calls };
}
