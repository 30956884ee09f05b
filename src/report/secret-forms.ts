/** Shorter values would mask ordinary words. */
const SHORTEST = 6;

/** A secret as it may turn up: as it is, line by line, and in the encodings that tools put it through. */
export function secretForms(secret: string): readonly string[] {
  const values = [...new Set([secret, secret.trim(), ...textsOf(secret)])];
  return [...new Set(values.flatMap(formsOf))];
}

/** The texts of a JSON object, as secrets in Secrets Manager often are: a script takes one of them out of it. */
function textsOf(secret: string): readonly string[] {
  if (!secret.trimStart().startsWith('{')) return [];
  const texts: string[] = [];
  try {
    JSON.parse(secret, (_, value) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return texts;
}

function formsOf(secret: string): readonly string[] {
  if (secret.trim().length < SHORTEST) return [];
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const forms = [
    secret,
    // A key printed by itself comes one line at a time; its last line may be short.
    ...(lines.length > 1 ? lines : []),
    encodeURIComponent(Buffer.from(secret).toString()),
    percentEncoded(secret),
    percentEncoded(secret).replaceAll('%2F', '/'),
    percentEncoded(secret).replaceAll('%20', '+'),
    percentEncoded(secret).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase(),
    ...base64Forms(Buffer.from(secret)),
    ...base64Lines(Buffer.from(secret)),
  ];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

function percentEncoded(text: string): string {
  // Through bytes, as encodeURIComponent throws on half a surrogate pair. It leaves the signs below, others do not.
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return encoded.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Base64 works on three bytes at a time, so a secret inside something longer (`user:secret`) has one of three forms,
 * of which the characters that its neighbours have a part in are left out.
 */
function base64Forms(secret: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), secret])
      .toString('base64')
      .replace(/=+$/, '');
    const own = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + secret.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** As `base64` and `openssl base64` print what is longer than one of their lines. */
function base64Lines(secret: Buffer): readonly string[] {
  const encoded = secret.toString('base64');
  return [76, 64].flatMap((width) =>
    encoded.length > width ? (encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? []) : [],
  );
}
