// SPDX-License-Identifier: Apache-2.0
#include "report/html.h"

/*
 * Without it the page says the same: it turns the headings of a table into
 * buttons that sort, and puts a field above long tables that hides the rows
 * without the text typed in. Numbers are compared as numbers: their cells are
 * of class "n". Nothing of the page's text is ever taken as markup.
 */
const char html_script[] =
    "'use strict';"
    "const number=t=>{const v=parseFloat(t.replace(/,/g,''));"
    "return isNaN(v)?-1:v};"
    "const sortBy=(table,th)=>{"
    "const i=th.cellIndex,body=table.tBodies[0],"
    "up=th.getAttribute('aria-sort')!=='ascending',"
    "n=th.classList.contains('n'),"
    "key=r=>{const t=r.cells[i]?r.cells[i].textContent.trim():'';"
    "return n?number(t):t.toLowerCase()};"
    "const rows=Array.from(body.rows).map(r=>[key(r),r]);"
    "rows.sort((a,b)=>(a[0]<b[0]?-1:a[0]>b[0]?1:0)*(up?1:-1));"
    "for(const h of table.tHead.rows[0].cells)h.removeAttribute('aria-sort');"
    "th.setAttribute('aria-sort',up?'ascending':'descending');"
    "body.append(...rows.map(r=>r[1]))};"
    "const addFilter=(table,count)=>{"
    "const label=document.createElement('label'),"
    "field=document.createElement('input'),"
    "said=document.createElement('span');"
    "field.type='search';said.setAttribute('role','status');"
    "label.className='filter';said.className='soft';"
    "label.append('Show rows with ',field,' ',said);"
    "table.parentNode.before(label);"
    "field.addEventListener('input',()=>{"
    "const t=field.value.toLowerCase();let shown=0;"
    "for(const r of table.tBodies[0].rows){"
    "r.hidden=!r.textContent.toLowerCase().includes(t);"
    "if(!r.hidden)shown++}"
    "said.textContent=t?shown+' of '+count+' rows':''})};"
    "for(const table of document.querySelectorAll('.scroll>table')){"
    "const count=table.tBodies[0].rows.length;"
    "if(count<2)continue;"
    "if(count>9)addFilter(table,count);"
    "for(const th of table.tHead.rows[0].cells){"
    "const button=document.createElement('button');"
    "button.type='button';button.append(...th.childNodes);"
    "button.title='Sort by this column';"
    "button.addEventListener('click',()=>sortBy(table,th));"
    "th.append(button)}}";
