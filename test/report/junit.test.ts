import { expect, it } from 'vitest';
import type { AmiId, ImageName, Region, Version } from '../../src/model/ids.ts';
import type { TrialReport } from '../../src/model/trial.ts';
import { junit } from '../../src/report/junit.ts';
import { trialText } from '../../src/report/trial-text.ts';

const REPORT: TrialReport = {
  version: 1,
  image: 'api' as ImageName,
  imageVersion: '2026.11.20.1' as Version,
  architecture: 'x86_64',
  imageId: 'ami-0fedcba9876543210' as AmiId,
  region: 'eu-central-1' as Region,
  userData: null,
  clones: [
    {
      id: 'api/x86_64#1',
      instanceId: 'i-1',
      boots: [1, 2].map((boot) => ({
        boot,
        kernel: '6.1',
        bootSeconds: boot === 1 ? 31.44 : null,
        checks: [
          { id: 'sshd', title: 'settings of sshd', status: 'ok', found: '90 of 91 as baked' },
          {
            id: 'sshd/banner',
            title: 'settings of sshd: banner',
            status: 'lost',
            expected: '<"a" & \'b\'>',
            found: 'none\nat all',
            layer: 'ssh',
          },
        ],
      })),
      tests: [
        { layer: 'api', name: '10-healthz', ok: true, exitCode: 0, seconds: 1.2, output: ['1', '2', '3', 'all well'] },
        {
          layer: 'api',
          name: '20-slow',
          ok: false,
          exitCode: undefined,
          seconds: 600,
          output: ['no answer'],
        },
      ],
    },
  ],
  checks: [
    { id: 'unique/machine-id', title: 'machine id', status: 'failed', found: 'x: 1, 2', reason: 'it was baked' },
  ],
};

it('is JUnit XML', () => {
  expect(junit([REPORT])).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="bake try">
      <testsuite name="api 2026.11.20.1: api/x86_64#1 boot 1" tests="2" failures="1" errors="0" skipped="0">
        <testcase classname="api 2026.11.20.1: api/x86_64#1 boot 1" name="sshd" time="0.000">
          <system-out>found: 90 of 91 as baked</system-out>
        </testcase>
        <testcase classname="api 2026.11.20.1: api/x86_64#1 boot 1" name="sshd/banner" time="0.000">
          <failure message="lost: settings of sshd: banner">lost: settings of sshd: banner
    expected: &lt;&quot;a&quot; &amp; &apos;b&apos;&gt;
    found: none
    at all</failure>
        </testcase>
      </testsuite>
      <testsuite name="api 2026.11.20.1: api/x86_64#1 boot 2" tests="2" failures="1" errors="0" skipped="0">
        <testcase classname="api 2026.11.20.1: api/x86_64#1 boot 2" name="sshd" time="0.000">
          <system-out>found: 90 of 91 as baked</system-out>
        </testcase>
        <testcase classname="api 2026.11.20.1: api/x86_64#1 boot 2" name="sshd/banner" time="0.000">
          <failure message="lost: settings of sshd: banner">lost: settings of sshd: banner
    expected: &lt;&quot;a&quot; &amp; &apos;b&apos;&gt;
    found: none
    at all</failure>
        </testcase>
      </testsuite>
      <testsuite name="api 2026.11.20.1: api/x86_64#1 layer tests" tests="2" failures="1" errors="0" skipped="0">
        <testcase classname="api 2026.11.20.1: api/x86_64#1 layer tests" name="layers/api/test/10-healthz" time="1.200">
          <system-out>1
    2
    3
    all well</system-out>
        </testcase>
        <testcase classname="api 2026.11.20.1: api/x86_64#1 layer tests" name="layers/api/test/20-slow" time="600.000">
          <failure message="its time was up">its time was up
    no answer</failure>
        </testcase>
      </testsuite>
      <testsuite name="api 2026.11.20.1: clones" tests="1" failures="1" errors="0" skipped="0">
        <testcase classname="api 2026.11.20.1: clones" name="unique/machine-id" time="0.000">
          <failure message="failed: machine id">failed: machine id
    found: x: 1, 2
    it was baked</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `);
});

it('holds whatever a test prints', () => {
  const [clone] = REPORT.clones;
  if (clone === undefined) throw new Error('there is a clone');
  const tests = clone.tests.map((test) => ({ ...test, ok: false, output: ['\u0000\u001b[31m]]>\ud800 & "é" 🍞'] }));
  const text = junit([{ ...REPORT, clones: [{ ...clone, tests }] }]);
  expect(text).toContain('\ufffd\ufffd[31m]]&gt;\ufffd &amp; &quot;é&quot; 🍞');
});

it('is a table with one row for what is the same on every boot', () => {
  expect(trialText(REPORT, { columns: undefined, color: false })).toMatchInlineSnapshot(`
    "        CHECK              WHERE       LAYER  BAKED        FOUND
    ok      settings of sshd   every boot                      90 of 91 as baked
    LOST    sshd/banner        every boot  ssh    <"a" & 'b'>  none ⏎ at all
    FAILED  unique/machine-id  clones                          x: 1, 2; it was baked
    api/x86_64#1 i-1 boot 1: booted in 31s, kernel 6.1
    api/x86_64#1 i-1 boot 2: has not finished booting, kernel 6.1
    ok layers/api/test/10-healthz passed after 1.2s
        2
        3
        all well
    FAILED layers/api/test/20-slow was stopped after 10m 0s
        no answer"
  `);
});
