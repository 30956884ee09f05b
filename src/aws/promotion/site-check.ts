import type { SiteCheck } from '../../run/preflight-effects.ts';

export const ok = (check: string, detail: string): SiteCheck => ({ check, status: 'ok', detail });
export const refused = (check: string, detail: string): SiteCheck => ({ check, status: 'refused', detail });
export const unchecked = (check: string, detail: string): SiteCheck => ({ check, status: 'unchecked', detail });
