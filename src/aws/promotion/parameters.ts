import type { PointerState } from '../../model/promotion.ts';
import { isAwsError } from '../errors.ts';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersCommand,
  type Parameter,
  PutParameterCommand,
  type SSMClient,
} from '../sdk/ssm.ts';
import { poll, type Waiting } from './waiting.ts';

/** Makes SSM ask EC2 whether there is such an image, and keeps everything else out. */
const DATA_TYPE = 'aws:ec2:image';
/** SSM's limit. */
const NAMES_PER_CALL = 10;
/** Milliseconds. */
const FIRST_LOOK = 500;

export async function readParameter(client: SSMClient, name: string): Promise<PointerState | undefined> {
  const found = await get(client, name);
  return found && stateOf(found);
}

export async function readParameters(
  client: SSMClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, PointerState>> {
  const found = new Map<string, PointerState>();
  for (let start = 0; start < names.length; start += NAMES_PER_CALL) {
    const Names = names.slice(start, start + NAMES_PER_CALL);
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names }));
    for (const parameter of Parameters) found.set(parameter.Name ?? '', stateOf(parameter));
  }
  return found;
}

/**
 * False when SSM has not taken the value in the time that there is: it answers 200 before it looks at the image, and keeps
 * the old value when it does not like it.
 */
export async function writeParameter(
  client: SSMClient,
  name: string,
  imageId: string,
  waiting: Waiting,
): Promise<boolean> {
  const before = await get(client, name);
  if (before?.Value === imageId && before.DataType === DATA_TYPE) return true;
  const put = new PutParameterCommand({
    Name: name,
    Value: imageId,
    Type: 'String',
    DataType: DATA_TYPE,
    Overwrite: true,
  });
  waiting.signal.throwIfAborted();
  const { Version = 0 } = await client.send(put);
  // Interrupted or not: until SSM has decided, nobody can say what the parameter will hold, nor put it back.
  const { signal } = new AbortController();
  // It is never there at once.
  await waiting.clock.sleep(FIRST_LOOK, signal);
  const taken = await poll({ ...waiting, signal }, async () => {
    const { Value, Version: there = 0 } = (await get(client, name)) ?? {};
    return Value === imageId && there >= Version ? true : undefined;
  });
  return taken === true;
}

export async function removeParameter(client: SSMClient, name: string): Promise<void> {
  try {
    await client.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!isAwsError(error, 'ParameterNotFound')) throw error;
  }
}

const stateOf = ({ Value = '', Version = 0 }: Parameter): PointerState => ({ imageId: Value, version: Version });

async function get(client: SSMClient, Name: string): Promise<Parameter | undefined> {
  try {
    return (await client.send(new GetParameterCommand({ Name }))).Parameter;
  } catch (error) {
    if (isAwsError(error, 'ParameterNotFound')) return undefined;
    throw error;
  }
}
