/** Comes before everything else of a page, which looks texts up while it is loaded. The extension put them into the page. */
import { useTexts } from '../../src/base/texts';

const texts = document.getElementById('texts')?.textContent;
if (texts) useTexts(JSON.parse(texts) as Record<string, string>);
