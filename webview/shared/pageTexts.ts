/** Has to be imported first, as modules look up texts while they load. The extension put the texts into the page. */
import { setTexts } from '../../src/base/texts';

const texts = document.getElementById('texts')?.textContent;
if (texts) setTexts(JSON.parse(texts) as Record<string, string>);
