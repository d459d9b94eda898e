import { exampleImage } from '../../../tools/images/example-image.ts';
import type { ImageRecipe } from '../../../tools/images/image-recipe.ts';
import { splitRequirements } from '../../../tools/images/split-requirements.ts';
import { OPENLIT_RELEASES, type OpenLitRelease, openLitRequirements } from './openlit-versions.ts';

/** Reference of the image of examples/rag-python with that OpenLIT. */
export const openLitImage = (release: OpenLitRelease): string => `duotel.local/rag-python:openlit-${release}`;

/** An image for each release. What they have in common, nearly all, is one layer. */
export function openLitImages(): readonly ImageRecipe[] {
  const { shared, own } = splitRequirements(OPENLIT_RELEASES.map(openLitRequirements));
  return OPENLIT_RELEASES.map((release, at) =>
    exampleImage(openLitImage(release), 'rag-python', [
      { name: 'rag-python-shared', requirements: shared },
      { name: `rag-python-openlit-${release}`, requirements: own[at] ?? '' },
    ]),
  );
}
