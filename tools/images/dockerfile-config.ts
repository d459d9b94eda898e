import type { ImageConfig } from './archive.ts';

/**
 * The settings of a Dockerfile's final image: WORKDIR, USER, ENV, ENTRYPOINT and CMD (in their JSON form). What the local image runs
 * is thus written down once, in the Dockerfile that people build. Throws on a shell form, which would need a shell in the image.
 */
export function dockerfileConfig(text: string): ImageConfig {
  const config: { -readonly [Key in keyof ImageConfig]: ImageConfig[Key] } = {};
  const env: string[] = [];
  for (const line of text.replaceAll(/\\\n/g, ' ').split('\n')) {
    const [, instruction, rest = ''] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    switch (instruction?.toUpperCase()) {
      case 'WORKDIR':
        config.WorkingDir = rest;
        break;
      case 'USER':
        config.User = rest;
        break;
      case 'ENV':
        env.push(...rest.split(/\s+/));
        break;
      case 'ENTRYPOINT':
        config.Entrypoint = execForm(instruction, rest);
        break;
      case 'CMD':
        config.Cmd = execForm(instruction, rest);
        break;
      default:
    }
  }
  return { ...config, Env: env };
}

function execForm(instruction: string, value: string): readonly string[] {
  if (!value.startsWith('[')) throw new Error(`${instruction} ${value}: only the JSON form ["program", "argument"] is read`);
  return JSON.parse(value) as string[];
}
