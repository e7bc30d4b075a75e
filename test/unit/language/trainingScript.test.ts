import { describe, expect, it } from 'vitest';
import { trainingEntryPoint } from '../../../src/language/trainingScript';

const PYTORCH = `import torch

def main():
    for epoch in range(10):
        optimizer.zero_grad()
        loss.backward()

if __name__ == '__main__':
    main()
`;

describe('where tracking is offered', () => {
  it('is the main guard of a script that trains', () => {
    expect(trainingEntryPoint(PYTORCH)).toEqual({ line: 7 });
  });

  it('is the loop when there is no main guard', () => {
    expect(trainingEntryPoint('import x\nfor step in range(3):\n    loss = f()\n')).toEqual({ line: 1 });
  });

  it('is the first statement of a script that hands over to a trainer', () => {
    expect(trainingEntryPoint('# hi\nfrom a import Trainer\nt = Trainer(optimizer=opt)\nt.fit()\n')).toEqual({
      line: 2,
    });
  });

  it('survives a file that is being typed', () => {
    expect(trainingEntryPoint(PYTORCH.slice(0, -20) + '\n    main(')).not.toBeNull();
  });

  it.each([
    ['an ordinary script', 'for line in open("a"):\n    print(line)\n'],
    ['a library module', 'def loss(a, b):\n    return a - b\n'],
    ['a loop over steps of something else', 'for step in recipe:\n    cook(step)\n'],
    ['an empty file', ''],
    ['the word in a comment or a string', '# for epoch in optimizer\nx = "for epoch in loss"\n'],
  ])('is nowhere in %s', (_, text) => {
    expect(trainingEntryPoint(text)).toBeNull();
  });
});
