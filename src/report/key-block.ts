const BEGIN = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const END = /-----END [A-Z0-9 ]*PRIVATE KEY-----/;
/** Whatever prefix a tool has put before it: a full line of base64, nothing, or a header such as `DEK-Info: …`. */
const BODY = /(?:^|\s)[A-Za-z0-9+/]{40,}={0,2}\s*$|^\s*$|^\s*(?:Proc-Type|DEK-Info|Comment): /;
const SHORT_LAST_LINE = /(?:^|\s)[A-Za-z0-9+/]+={0,2}\s*$/;

/**
 * Says of one line after the other whether it is part of a private key. A key without an end must not hide the rest
 * of a log: the first line that cannot be followed by more of a key ends it.
 */
export function createKeyBlock(): (line: string) => boolean {
  let inside = false;
  return (line) => {
    const begin = line.search(BEGIN);
    if (begin !== -1) {
      // A whole key on one line: what stands around it may stay.
      inside = !END.test(line.slice(begin));
      return inside;
    }
    if (!inside) return false;
    inside = BODY.test(line);
    return inside || END.test(line) || SHORT_LAST_LINE.test(line);
  };
}
