/** Bytes, before they are encoded for the API: EC2's limit. */
export const USER_DATA_LIMIT = 16_384;

/** One part of multi-part user-data. */
export interface UserDataPart {
  /** Where it comes from: `layers/api/user-data/10-swap.yaml`, or what it is for. */
  readonly origin: string;
  /** What cloud-init calls it. Scripts run in the order of these. */
  readonly name: string;
  /** By which cloud-init chooses what to do with it. */
  readonly type: 'text/cloud-config' | 'text/jinja2' | 'text/x-shellscript' | 'text/cloud-boothook';
  readonly text: string;
  /** A program of ours, which names what secrets look like and holds none. */
  readonly isProgram?: boolean;
}
