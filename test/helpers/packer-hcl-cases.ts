// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are Packer's.

export const block = (body: string) => `provisioner "shell" {\n${body}\n}\n`;

/** What a layer may have for Packer: what it is about, the text, and the types of its provisioners. */
export const PACKER_HCL_CASES: readonly (readonly [name: string, text: string, provisioners: readonly string[]])[] = [
  ['one block', block('  inline = ["true"]'), ['shell']],
  ['on one line', 'provisioner "shell" { inline = ["true"] }', ['shell']],
  ['a label without quotes', 'provisioner shell {\n}\n', ['shell']],
  [
    'several, with comments between them',
    `# {\n/* { \n */\n${block('')}// }\n${block('')}provisioner "ansible" {\n}`,
    ['shell', 'ansible'],
  ],
  ['blocks and objects in it', block('  override = {\n    x = { a = [1, "}"] }\n  }\n  nested {\n  }'), ['shell']],
  ['brackets in strings', block('  inline = ["{", "\\"}", "${build.ID}}", "$${", "%%{"]'), ['shell']],
  ['strings in strings', block('  inline = ["${upper("}${lower("{")}")}"]'), ['shell']],
  ['a heredoc', block('  inline = [<<EOF\n} \'" # {\n  EOF x\nEOF\n  ]'), ['shell']],
  ['an indented heredoc', block('  inline = [<<-EOF\n    }\n    EOF\n  ]'), ['shell']],
  ['a heredoc at the end of an attribute', block('  content = <<EOF\n}\nEOF'), ['shell']],
  ['line ends of Windows', block('  inline = ["true"]').replaceAll('\n', '\r\n'), ['shell']],
  ['names that only look like references', block('  var = { local = 1 }\n  x = build.var.y\n  z = "var.x"'), ['shell']],
  ['names that JavaScript knows', block('  constructor = "x"\n  valueOf = toString'), ['shell']],
  ['a comment with what JavaScript takes for the end of a line', block('  # a\u2028} b {'), ['shell']],
  ['characters of any language', block('  x = "☃\u00a0\u{1f600}"'), ['shell']],
];
