export interface Tree<T> {
  readonly label: (node: T) => string;
  readonly children: (node: T) => readonly T[];
}

/** A node and everything below it, one per line, with the branches drawn. The tree must be finite. */
export function treeLines<T>(root: T, tree: Tree<T>): readonly string[] {
  return [tree.label(root), ...below(root, tree)];
}

function below<T>(node: T, tree: Tree<T>): readonly string[] {
  const children = tree.children(node);
  return children.flatMap((child, index) => {
    const last = index === children.length - 1;
    const [first = '', ...others] = treeLines(child, tree);
    return [`${last ? '└─ ' : '├─ '}${first}`, ...others.map((line) => `${last ? '   ' : '│  '}${line}`)];
  });
}
