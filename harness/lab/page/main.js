// The lab's pages.
import { start } from './router.js';
import { showHome } from './home.js';
import { showLesson } from './lesson.js';
import { showIncident } from './incident.js';
import { showFreePlay } from './free_play.js';

start({
  '': { name: 'home', part: '', show: showHome },
  lessons: {
    name: 'home',
    part: 'lessons',
    show: (place, _, signal) => showHome(place, ['lessons'], signal),
  },
  incidents: {
    name: 'home',
    part: 'incidents',
    show: (place, parts, signal) => showHome(place, ['incidents', ...parts], signal),
  },
  lesson: { name: 'lesson', part: 'lessons', show: showLesson },
  incident: { name: 'incident', part: 'incidents', show: showIncident },
  free: { name: 'free', part: 'free', show: showFreePlay },
});
