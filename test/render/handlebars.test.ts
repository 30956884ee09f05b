import { describe, expect, test } from 'vitest';
import { renderTemplate } from '../../src/render/handlebars.ts';

const render = (source: string, data: object) => renderTemplate('layers/os/files/etc/x.hbs', source, data);

describe('renders', () => {
  test.each<[string, object, string]>([
    ['{{a}}', { a: `<&>"'` }, `<&>"'`],
    ['{{a.b}}', { a: { b: 1 } }, '1'],
    ['{{#each hosts}}{{this}};{{/each}}', { hosts: ['a', 'b'] }, 'a;b;'],
    ['{{#if on}}yes{{else}}no{{/if}}', { on: false }, 'no'],
    ['{{a}}', { a: 0 }, '0'],
    ['{{a}}', { a: false }, 'false'],
    ['\\{{raw}}', {}, '{{raw}}'],
    // Optional things: only what is printed has to be there.
    ['{{#if missing}}a{{/if}}{{#each missing}}b{{/each}}', {}, ''],
    // Handlebars' helper of that name would print to the console and render nothing.
    ['{{log}}', { log: '/var/log/x' }, '/var/log/x'],
  ])('%s with %j', (source, data, text) => expect(render(source, data)).toBe(text));
});

const DATA = { a: {}, list: [1, { b: 2 }] };

describe('refuses, naming the template', () => {
  test.each<[string, string]>([
    ['{{missing}}', 'missing'],
    ['{{a.missing}}', 'missing'],
    ['{{#if a}}', 'Parse error'],
    ['{{> partial}}', 'partial'],
    ['{{constructor.name}}', 'name'],
    ['{{a}}', 'prints a value that has values of its own'],
    ['{{list}}', 'prints a value that has values of its own'],
    ['{{this}}', 'prints a value that has values of its own'],
  ])('%s', (source, says) => {
    const refusal = { code: 'template-failed', blame: 'user', message: expect.stringContaining(says) };
    expect(() => render(source, DATA)).toThrow(expect.objectContaining(refusal));
    expect(() => render(source, DATA)).toThrow(/^layers\/os\/files\/etc\/x.hbs: /);
  });
});
